from django.urls import include, path

from ops import schedules, views
from ops.alerts import views as alerts
from ops.backups import views as backups
from ops.doctor import pages as doctor
from ops.metrics.views import metrics

urlpatterns = [
    path("", include("ops.outbox.urls")),
    path("metrics", metrics, name="metrics"),
    path("ops/backups/", backups.backup_list, name="backup_list"),
    path("ops/backups/start/", backups.start_backup, name="start_backup"),
    path("ops/backups/<str:backup_name>/prove/", backups.prove_backup, name="prove_backup"),
    path("ops/backups/<str:backup_name>/download/", backups.download_backup, name="download_backup"),
    path("health", views.show_health, name="health"),
    path("ops/doctor/", doctor.show_doctor, name="doctor"),
    path("ops/doctor/test/", doctor.start_mail_test, name="start_mail_test"),
    path("ops/alerts/", alerts.alert_list, name="alert_list"),
    path("ops/alerts/test/", alerts.test_alerts, name="test_alerts"),
    path("ops/alerts/<int:alert_id>/mute/", alerts.mute_alert, name="mute_alert"),
    path("ops/alerts/<int:alert_id>/unmute/", alerts.unmute_alert, name="unmute_alert"),
    path("ops/schedules/", schedules.schedule_list, name="schedule_list"),
    path("ops/schedules/<int:schedule_id>/", schedules.edit_schedule, name="edit_schedule"),
    path("ops/schedules/<int:schedule_id>/pause/", schedules.pause_schedule, name="pause_schedule"),
    path("ops/schedules/<int:schedule_id>/resume/", schedules.resume_schedule, name="resume_schedule"),
    path("ops/schedules/<int:schedule_id>/run/", schedules.run_schedule, name="run_schedule"),
]
