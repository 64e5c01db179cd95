import os
import signal

from django.conf import settings
from django.db import migrations


def act(apps, schema_editor):
    schema_editor.execute("INSERT INTO updating_note VALUES (1)")
    told = settings.DATA_DIR / "update-does"
    action = told.read_text() if told.exists() else "succeed"
    if action == "fail":
        raise ValueError("The notes do not add up.")
    if action == "die":
        os.kill(os.getpid(), signal.SIGKILL)


class Migration(migrations.Migration):
    dependencies = [("updating", "0001_change_much")]
    operations = [migrations.RunPython(act)]
