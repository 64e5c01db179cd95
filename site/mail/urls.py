from django.urls import path

from mail import views

urlpatterns = [
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("profile/e-mails/", views.save_preferences, name="save_mail_preferences"),
    path("profile/e-mails/confirm/", views.confirm_address, name="confirm_mail_address"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/try-now/", views.try_now, name="try_mail_now"),
    path("outbox/send-failed-again/", views.send_failed_again, name="send_failed_mail_again"),
    path("outbox/tests/", views.start_delivery_test, name="start_delivery_test"),
    path("outbox/tests/<int:test_id>/", views.delivery_test, name="delivery_test"),
    path("outbox/<int:email_id>/send-again/", views.send_again, name="send_mail_again"),
    path("outbox/<int:email_id>/leave/", views.leave, name="leave_mail"),
]
