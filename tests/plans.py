"""How SQLite would go about a statement."""

from django.db import connection


def steps(sql):
    """The steps of the plan for a statement whose values are written out, as a captured one's are."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"), [])
        return [row[3] for row in cursor]


def explain(sql):
    """The plan in one line."""
    return " | ".join(steps(sql))
