"""Search in the texts of tasks.

A task mentions a text where its title or description contains it, upper and lower case alike. LIKE decides that, on
every database. LIKE alone would read a million descriptions to find one, so on SQLite an index of trigrams
(sqlite.org/fts5.html#the_trigram_tokenizer; migration 0002, kept by triggers) names candidates for LIKE to decide on.
"""

import json
from itertools import product
from unicodedata import ucd_3_2_0

from django.db import connection
from django.db.models import F, Q
from django.db.models.lookups import IContains

from orgs.models import Task

# The index's row ids: the organization's id above these bits, the task's below. An organization's rows stand together.
_BITS = 40
#: How many trigrams of the text are looked up: more name fewer candidates, but take longer.
_TRIGRAMS = 4
# A text of one or two characters stands for all trigrams that begin with it, if these are no more.
_BEGINNINGS = 200
# Finding these takes long where the text is common: where so many of the newest tasks, among so many, mention it.
_COMMON, _SAMPLE = 5, 1000


def mentioning(text):
    """The condition, for QuerySet.filter(), that a task mentions `text`."""
    return Q(Mentions(F("title"), text)) | Q(Mentions(F("description"), text))


class Mentions(IContains):
    """`column contains text`, whatever the case of any letter: SQLite's LIKE alone knows only that of A to Z."""

    def as_sqlite(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        like = "".join("_" if len(_cases(c)) > 1 else f"\\{c}" if c in "\\%_" else c for c in self.rhs)
        sql, params = rf"{column} LIKE %s ESCAPE '\'", [*params, f"%{like}%"]
        if any(len(_cases(c)) > 1 for c in self.rhs):
            # LIKE, the faster one, has left few.
            glob = "".join(f"[{c.lower()}{c.upper()}]" if c.isascii() and c.isalpha() else _any_of(c) for c in self.rhs)
            sql, params = f"({sql} AND {column} GLOB %s)", [*params, *params[:-1], f"*{glob}*"]
        return sql, params


def _cases(c):
    """A letter beyond ASCII in all its cases; any other character alone.

    Only those of Unicode 3.2: SQLite's trigrams do not fold the youngest letters, and candidates must not be missed.
    """
    cases = {c, c.lower(), c.upper()}
    return cases if all(len(x) == 1 and not x.isascii() and ucd_3_2_0.category(x) != "Cn" for x in cases) else {c}


def _foldings(c):
    """All letters as which the index may have `c`."""
    return {x for case in _cases(c) for x in (case, case.lower(), case.casefold()) if len(x) == 1}


def _any_of(c):
    cases = _cases(c)
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 or c in "*?[" else c


def candidates(organization, text, at_most):
    """The ids of tasks that may mention `text`; all that do are among them. None where they are more than `at_most`.

    Also None on databases without the index.
    """
    if connection.vendor != "sqlite":
        return None
    span = [organization.pk << _BITS, (organization.pk + 1 << _BITS) - 1]
    with connection.cursor() as cursor:
        expression = _rarest_trigrams(cursor, text, span) if len(text) > 2 else _beginnings(cursor, organization, text)
        if not expression:
            return expression
        cursor.execute(
            "SELECT rowid FROM orgs_task_text WHERE orgs_task_text MATCH %s AND rowid BETWEEN %s AND %s LIMIT %s",
            [expression, *span, at_most + 1],
        )
        rows = cursor.fetchall()
    return [row & (1 << _BITS) - 1 for (row,) in rows] if len(rows) <= at_most else None


def _rarest_trigrams(cursor, text, span):
    """An FTS5 expression: the trigrams of `text` that are rarest in the rows `span`.

    How rare is seen by where the 200th row with it is.
    """
    trigrams = list(dict.fromkeys(text[start : start + 3] for start in range(len(text) - 2)))
    step = -(-len(trigrams) // 40)  # of a long text 40, evenly spread
    cursor.execute(
        "SELECT value, (SELECT rowid FROM orgs_task_text WHERE orgs_task_text MATCH value AND rowid BETWEEN %s AND %s"
        " LIMIT 1 OFFSET 200) AS far FROM json_each(%s) ORDER BY far IS NOT NULL, far DESC LIMIT %s",
        [*span, json.dumps([_quoted(trigram) for trigram in trigrams[::step]]), _TRIGRAMS],
    )
    return " AND ".join(trigram for trigram, _ in cursor)


def _beginnings(cursor, organization, text):
    """An FTS5 expression: the trigrams that begin with `text`. [] where there are none, None where too many."""
    newest = organization.tasks.order_by(*Task.ORDERS["newest"]).values("pk")[:_SAMPLE]
    if Task.objects.filter(mentioning(text), pk__in=newest)[:_COMMON].count() == _COMMON:
        return None
    beginnings = ["".join(letters) for letters in product(*map(_foldings, text))]
    cursor.execute(
        "SELECT term FROM json_each(%s) AS beginning CROSS JOIN orgs_task_trigram"  # CROSS: in this order
        " ON term >= beginning.value AND term < beginning.value || char(1114111) LIMIT %s",
        [json.dumps(beginnings), _BEGINNINGS + 1],
    )
    terms = [term for (term,) in cursor]
    if len(terms) > _BEGINNINGS:
        return None
    return " OR ".join(map(_quoted, terms)) or []


def _quoted(trigram):
    return '"' + trigram.replace('"', '""') + '"'
