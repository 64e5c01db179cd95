from django.urls import path

from mail import views

urlpatterns = [
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("profile/e-mails/", views.save_preferences, name="save_mail_preferences"),
    path("profile/e-mails/confirm/", views.confirm_address, name="confirm_mail_address"),
]
