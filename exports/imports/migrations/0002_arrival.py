"""Tasks that are about to come are written where they belong (orgs.models.Arrival), and no longer staged elsewhere."""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

task_text = import_module("orgs.migrations.0002_task_text")
before = import_module("exports.imports.migrations.0001_task_import")


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0001_task_import"),
        ("orgs", "0008_arrival"),
    ]

    operations = [
        # What an import had staged is written anew by its next attempt; the trigger takes it from the index of the search.
        migrations.RunSQL("DELETE FROM imports_stagedtask", migrations.RunSQL.noop),
        migrations.RunPython(
            task_text.run("DROP TRIGGER orgs_task_text_insert", task_text.TRIGGERS[0]),
            task_text.run(
                "DROP TRIGGER orgs_task_text_insert", before.TASK_INSERT, before.STAGED_INSERT, before.STAGED_DELETE
            ),
        ),
        migrations.DeleteModel(name="StagedTask"),
        migrations.AddField(
            model_name="taskimport",
            name="arrival",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="imports",
                to="orgs.arrival",
            ),
        ),
    ]
