from django.urls import path

from accounts import views

urlpatterns = [
    path("theme/", views.choose_theme, name="choose_theme"),
    path("profile/", views.profile, name="profile"),
    path("profile/sessions/", views.session_list, name="session_list"),
    path("profile/sessions/end-others/", views.end_other_sessions, name="end_other_sessions"),
    path("profile/sessions/<slug:handle>/end/", views.end_session, name="end_session"),
]
