from django.db import migrations, models


def mark_skipped(apps, schema_editor):
    """Until now only its error told a skipped run from a cancelled one. Whatever language that was in: what a person
    cancels before its first attempt has none."""
    runs = apps.get_model("jobs", "ScheduledRun").objects.filter(status="cancelled", attempt=0)
    runs.exclude(error="").update(skipped=True)


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0006_verbose_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="scheduledrun",
            name="skipped",
            field=models.BooleanField(default=False, editable=False, verbose_name="skipped"),
        ),
        migrations.RunPython(mark_skipped, migrations.RunPython.noop),
    ]
