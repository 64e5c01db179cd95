from django.urls import include, path

from ops import audit, overview, schedules, views
from ops.alerts import views as alerts
from ops.backups import views as backups
from ops.doctor import pages as doctor
from ops.joblist import views as jobs
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
    path("ops/", overview.overview, name="overview"),
    path("ops/queues/<slug:queue>/pause/", overview.pause_queue, name="pause_queue"),
    path("ops/queues/<slug:queue>/resume/", overview.resume_queue, name="resume_queue"),
    path("ops/jobs/", jobs.job_list, name="job_list"),
    path("ops/jobs/act/", jobs.act_on_jobs, name="act_on_jobs"),
    path("ops/jobs/<str:kind>/<int:job_id>/", jobs.job_detail, name="job_detail"),
    path("ops/jobs/<str:kind>/<int:job_id>/retry/", jobs.act_on_job, {"action": "retry"}, name="retry_job"),
    path("ops/jobs/<str:kind>/<int:job_id>/discard/", jobs.act_on_job, {"action": "discard"}, name="discard_job"),
    path("ops/jobs/<str:kind>/<int:job_id>/cancel/", jobs.act_on_job, {"action": "cancel"}, name="cancel_job"),
    path("ops/audit/", audit.audit_log, name="audit_log"),
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
