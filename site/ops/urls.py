from django.urls import path

from ops import views

urlpatterns = [
    path("up", views.up, name="up"),
]
