"""The index that search uses on SQLite (see orgs/search.py).

A later migration that makes SQLite rebuild orgs_task (most alterations do) drops its triggers and has to make them
again: it runs TRIGGERS of this module. Tests fail otherwise.
"""

from django.db import migrations

# The blanks at the end let the last two characters begin a trigram as well.
INSERT = """
    INSERT INTO orgs_task_text (rowid, text)
    VALUES (new.organization_id << 40 | new.id, new.title || char(10) || new.description || char(10, 10));
"""
DELETE = """
    INSERT INTO orgs_task_text (orgs_task_text, rowid, text)
    VALUES ('delete', old.organization_id << 40 | old.id, old.title || char(10) || old.description || char(10, 10));
"""
TABLES = [
    # Without a copy of the text and without positions: a quarter of the size, and a third of the time to write.
    "CREATE VIRTUAL TABLE orgs_task_text USING fts5(text, content='', detail=none, columnsize=0, tokenize='trigram')",
    "CREATE VIRTUAL TABLE orgs_task_trigram USING fts5vocab(orgs_task_text, 'row')",
    """
    INSERT INTO orgs_task_text (rowid, text)
    SELECT organization_id << 40 | id, title || char(10) || description || char(10, 10) FROM orgs_task
    """,
]
TRIGGERS = [
    f"CREATE TRIGGER orgs_task_text_insert AFTER INSERT ON orgs_task BEGIN {INSERT} END",
    f"CREATE TRIGGER orgs_task_text_delete AFTER DELETE ON orgs_task BEGIN {DELETE} END",
    f"CREATE TRIGGER orgs_task_text_update AFTER UPDATE OF title, description ON orgs_task BEGIN {DELETE} {INSERT} END",
]


def run(*statements):
    def on_sqlite(apps, schema_editor):
        if schema_editor.connection.vendor == "sqlite":
            for statement in statements:
                schema_editor.execute(statement, params=None)

    return on_sqlite


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial")]

    operations = [
        migrations.RunPython(
            run(*TABLES, *TRIGGERS),
            run(
                "DROP TRIGGER orgs_task_text_insert",
                "DROP TRIGGER orgs_task_text_delete",
                "DROP TRIGGER orgs_task_text_update",
                "DROP TABLE orgs_task_trigram",
                "DROP TABLE orgs_task_text",
            ),
        ),
    ]
