from django.urls import path

from exports import views

urlpatterns = [
    path("orgs/<slug:slug>/tasks/exports/", views.export_list, name="export_list"),
    path("orgs/<slug:slug>/tasks/exports/new/", views.new_export, name="new_export"),
    path("orgs/<slug:slug>/tasks/exports/start/", views.start_export, name="start_export"),
    path("orgs/<slug:slug>/tasks/exports/<int:export_id>/", views.export_detail, name="export_detail"),
    path("orgs/<slug:slug>/tasks/exports/<int:export_id>/download/", views.download_export, name="download_export"),
    path("orgs/<slug:slug>/tasks/exports/<int:export_id>/cancel/", views.cancel_export, name="cancel_export"),
    path("orgs/<slug:slug>/tasks/exports/<int:export_id>/again/", views.repeat_export, name="repeat_export"),
]
