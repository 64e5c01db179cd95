from django.urls import path

from orgs.first_run import first_run

urlpatterns = [
    path("first-run/", first_run, name="first_run"),
]
