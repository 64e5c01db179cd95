import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import migrations, models
from django.db.migrations.recorder import MigrationRecorder


def take_over(apps, schema_editor):
    """People stay signed in: what Django's own table of sessions holds moves to ours, and that table goes."""
    from accounts.sessions import UNKNOWN, SessionStore

    connection = schema_editor.connection
    if "django_session" not in connection.introspection.table_names():
        return
    now = django.utils.timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_session (session_key, session_data, expire_date, device, started_at, seen_at)"
            " SELECT session_key, session_data, expire_date, %s, %s, %s FROM django_session WHERE expire_date > %s",
            [UNKNOWN, now, now, now],
        )
    people = set(apps.get_model("accounts", "User").objects.values_list("pk", flat=True))
    for row in apps.get_model("accounts", "Session").objects.iterator(chunk_size=1000):
        user_id = int(SessionStore().decode(row.session_data).get(SESSION_KEY, 0))
        if user_id in people:
            row.user_id = user_id
            row.save(update_fields=["user"])
        else:
            row.delete()
    schema_editor.execute("DROP TABLE django_session")
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_reminder_hour"),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("device", models.CharField(max_length=100)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
