from django.urls import path

from exports import saved_views, views

urlpatterns = [
    path("exports/<int:export_id>/notice/", views.export_notice, name="export_notice"),
    path("orgs/<slug:slug>/tasks/exports/", views.export_list, name="export_list"),
    path("orgs/<slug:slug>/tasks/exports/new/", views.new_export, name="new_export"),
    path("orgs/<slug:slug>/tasks/exports/start/", views.start_export, name="start_export"),
    path("orgs/<slug:slug>/tasks/exports/<int:export_id>/", views.export_detail, name="export_detail"),
    path("orgs/<slug:slug>/tasks/exports/<int:export_id>/download/", views.download_export, name="download_export"),
    path("orgs/<slug:slug>/tasks/exports/<int:export_id>/cancel/", views.cancel_export, name="cancel_export"),
    path("orgs/<slug:slug>/tasks/exports/<int:export_id>/again/", views.repeat_export, name="repeat_export"),
    path("orgs/<slug:slug>/tasks/exports/recurring/", saved_views.saved_export_list, name="saved_export_list"),
    path("orgs/<slug:slug>/tasks/exports/recurring/new/", saved_views.create_saved_export, name="create_saved_export"),
    path(
        "orgs/<slug:slug>/tasks/exports/recurring/<int:saved_id>/",
        saved_views.edit_saved_export,
        name="edit_saved_export",
    ),
    path(
        "orgs/<slug:slug>/tasks/exports/recurring/<int:saved_id>/delete/",
        saved_views.delete_saved_export,
        name="delete_saved_export",
    ),
    path(
        "orgs/<slug:slug>/tasks/exports/recurring/<int:saved_id>/pause/",
        saved_views.pause_saved_export,
        name="pause_saved_export",
    ),
    path(
        "orgs/<slug:slug>/tasks/exports/recurring/<int:saved_id>/resume/",
        saved_views.resume_saved_export,
        name="resume_saved_export",
    ),
    path(
        "orgs/<slug:slug>/tasks/exports/recurring/<int:saved_id>/run/",
        saved_views.run_saved_export,
        name="run_saved_export",
    ),
]
