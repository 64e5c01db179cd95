from django.urls import include, path

from ops import schedules, views
from ops.doctor import pages as doctor
from ops.metrics.views import metrics

urlpatterns = [
    path("", include("ops.outbox.urls")),
    path("metrics", metrics, name="metrics"),
    path("health", views.show_health, name="health"),
    path("ops/doctor/", doctor.show_doctor, name="doctor"),
    path("ops/doctor/test/", doctor.start_mail_test, name="start_mail_test"),
    path("ops/schedules/", schedules.schedule_list, name="schedule_list"),
    path("ops/schedules/<int:schedule_id>/", schedules.edit_schedule, name="edit_schedule"),
    path("ops/schedules/<int:schedule_id>/pause/", schedules.pause_schedule, name="pause_schedule"),
    path("ops/schedules/<int:schedule_id>/resume/", schedules.resume_schedule, name="resume_schedule"),
    path("ops/schedules/<int:schedule_id>/run/", schedules.run_schedule, name="run_schedule"),
]
