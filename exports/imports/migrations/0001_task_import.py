"""Imports; and on SQLite what keeps the index of the search (orgs/migrations/0002) over staged tasks too.

A staged task is indexed when it is staged, under the id that it will have, so that it need not be when it becomes a
task: by far the longest part. It is in the index once as long as it is in either table.

A later migration that makes SQLite rebuild orgs_task has to make its trigger again as it is here: a test holds that.
"""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import jobs.models.ending

task_text = import_module("orgs.migrations.0002_task_text")


#: In the place of the trigger of the same name.
TASK_INSERT = f"""
    CREATE TRIGGER orgs_task_text_insert AFTER INSERT ON orgs_task
    WHEN NOT EXISTS (SELECT 1 FROM imports_stagedtask WHERE id = new.id)
    BEGIN {task_text.INSERT} END
"""  # noqa: S608 (names of tables and columns, written here)
STAGED_INSERT = (
    f"CREATE TRIGGER imports_staged_text_insert AFTER INSERT ON imports_stagedtask BEGIN {task_text.INSERT} END"
)
# Once the import is done, what its last attempt has staged are tasks, which look after themselves.
STAGED_DELETE = f"""
    CREATE TRIGGER imports_staged_text_delete AFTER DELETE ON imports_stagedtask
    WHEN NOT EXISTS (
        SELECT 1 FROM imports_taskimport i
        WHERE i.id = old.task_import_id AND i.attempt = old.attempt AND i.status = 'done'
    )
    BEGIN {task_text.DELETE} END
"""  # noqa: S608 (names of tables and columns, written here)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orgs", "0005_job_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("file", models.CharField(max_length=100)),
                ("size", models.PositiveBigIntegerField()),
                ("encoding", models.CharField(max_length=20)),
                ("delimiter", models.CharField(max_length=1)),
                ("gzip", models.BooleanField(default=False)),
                ("row_count", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="orgs.organization",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TaskImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=0, editable=False)),
                ("run_after", models.DateTimeField(default=django.utils.timezone.now)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("worker", models.CharField(blank=True, editable=False, max_length=200)),
                ("progress", models.PositiveBigIntegerField(default=0, editable=False)),
                ("total", models.PositiveBigIntegerField(editable=False, null=True)),
                ("error", models.TextField(blank=True, editable=False)),
                ("restarted_after", models.PositiveIntegerField(default=0, editable=False)),
                ("request_id", models.CharField(blank=True, editable=False, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("name", models.CharField(max_length=200)),
                ("mapping", models.JSONField()),
                ("leave_out_unknown", models.BooleanField(default=False)),
                ("imported", models.PositiveIntegerField(default=0, editable=False)),
                ("rejected", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to="orgs.organization",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="imports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="imports",
                        to="imports.upload",
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "abstract": False,
            },
            bases=(jobs.models.ending.Ending, models.Model),
        ),
        migrations.CreateModel(
            name="StagedTask",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("attempt", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("description", models.TextField()),
                ("status", models.CharField(max_length=12)),
                ("priority", models.PositiveSmallIntegerField()),
                ("assigned_to_id", models.BigIntegerField(null=True)),
                ("due_date", models.DateField(null=True)),
                ("created_by_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="orgs.organization",
                    ),
                ),
                (
                    "task_import",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staged",
                        to="imports.taskimport",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["task_import", "id"], name="stagedtask_of_import")],
            },
        ),
        migrations.CreateModel(
            name="RejectedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempt", models.PositiveIntegerField()),
                ("line", models.PositiveIntegerField()),
                ("errors", models.JSONField()),
                (
                    "task_import",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rejected_rows",
                        to="imports.taskimport",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("task_import", "attempt", "line"), name="imports_rejected_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["organization", "-id"], name="upload_newest"),
        ),
        migrations.AddIndex(
            model_name="taskimport",
            index=models.Index(
                condition=models.Q(("status", "done"), _negated=True),
                fields=["status", "created_at", "id"],
                name="taskimport_not_done",
            ),
        ),
        migrations.AddIndex(
            model_name="taskimport",
            index=models.Index(fields=["created_at", "id"], name="taskimport_by_age"),
        ),
        migrations.AddIndex(
            model_name="taskimport",
            index=models.Index(fields=["request_id"], name="taskimport_request"),
        ),
        migrations.AddIndex(
            model_name="taskimport",
            index=models.Index(fields=["organization", "-id"], name="taskimport_newest"),
        ),
        migrations.AddIndex(
            model_name="taskimport",
            index=models.Index(fields=["organization", "created_at", "id"], name="taskimport_of_organization"),
        ),
        migrations.AddIndex(
            model_name="taskimport",
            index=models.Index(
                fields=["requested_by", "created_at", "id", "organization"], name="taskimport_of_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="taskimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("imported", 0), ("rejected", 0), _connector="OR"), name="imports_all_or_nothing"
            ),
        ),
        migrations.RunPython(
            task_text.run("DROP TRIGGER orgs_task_text_insert", TASK_INSERT, STAGED_INSERT, STAGED_DELETE),
            task_text.run("DROP TRIGGER orgs_task_text_insert", task_text.TRIGGERS[0]),
        ),
    ]
