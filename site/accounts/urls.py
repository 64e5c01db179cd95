from django.urls import path

from accounts import views

urlpatterns = [
    path("theme/", views.choose_theme, name="choose_theme"),
    path("profile/", views.profile, name="profile"),
]
