from django.urls import path

from exports.imports import views

urlpatterns = [
    path("imports/<int:import_id>/notice/", views.import_notice, name="import_notice"),
    path("orgs/<slug:slug>/tasks/imports/", views.import_list, name="import_list"),
    path("orgs/<slug:slug>/tasks/imports/new/", views.new_import, name="new_import"),
    path("orgs/<slug:slug>/tasks/imports/files/<int:upload_id>/", views.start_import, name="start_import"),
    path(
        "orgs/<slug:slug>/tasks/imports/files/<int:upload_id>/read/", views.read_import_again, name="read_import_again"
    ),
    path("orgs/<slug:slug>/tasks/imports/<int:import_id>/", views.import_detail, name="import_detail"),
    path("orgs/<slug:slug>/tasks/imports/<int:import_id>/cancel/", views.cancel_import, name="cancel_import"),
    path("orgs/<slug:slug>/tasks/imports/<int:import_id>/rejected/", views.rejected_rows, name="rejected_rows"),
]
