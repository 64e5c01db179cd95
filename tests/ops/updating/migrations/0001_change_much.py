from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = [("orgs", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE TABLE updating_note (id integer PRIMARY KEY)"),
        migrations.RunSQL("UPDATE orgs_task SET title = 'changed'"),
    ]
