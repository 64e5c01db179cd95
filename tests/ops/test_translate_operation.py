"""What operators read has words in every language; what is stored, posted or read by programs is plain text."""

import ast
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from config.queues import QUEUES
from jobs import schedules
from ops import audit, doctor, health
from ops.health import part
from ops.models import BulkAction

pytestmark = pytest.mark.django_db

ROOT = Path(settings.BASE_DIR)


def actions_noted():
    """The words that the code of operation writes into the audit log as what was done."""
    for file in (ROOT / "site" / "ops").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note":
                second = node.args[1] if len(node.args) > 1 else None
                if isinstance(second, ast.Constant):
                    yield second.value


def test_it_works():
    parts = health.parts()
    assert {type(word) for each in parts for word in (each.title, each.words, each.remedy)} == {str}
    assert json.loads(json.dumps([each.as_dict() for each in parts]))


@pytest.mark.parametrize("verdict", [part.ok, part.warning, part.red])
def test_words_of_a_verdict_are_text_once_they_are_said(verdict):
    remedy = [] if verdict is part.ok else [gettext_lazy("Wait.")]
    __, words, said, __ = verdict(gettext_lazy("Nothing."), *remedy)
    assert (type(words), type(said)) == (str, str)


def test_every_deed_of_operators_has_words():
    noted = {*actions_noted(), *BulkAction.PAST.values()}
    assert {"paused", "muted", "ran", "started a backup", "retried"} <= noted
    assert noted <= audit.DEEDS.keys()
    assert all(isinstance(words, Promise) for words in audit.DEEDS.values())


def test_every_part_has_a_name():
    looks = {look.name.partition(":")[0] for look in [*health.LOOKS, *doctor.LOOKS]}
    assert looks | {"check", "web", "mail", "address", "proxies", "settings"} <= part.TITLES.keys()


def test_every_schedule_says_what_it_is_for():
    assert {"jobs.trim_history", "ops.back_up", "exports.open_due_exports"} <= schedules.registry.keys()
    unmarked = [name for name, declared in schedules.registry.items() if not isinstance(declared.purpose, Promise)]
    assert unmarked == []


@pytest.mark.parametrize("queue", QUEUES)
def test_a_part_of_many_is_named_with_which_one(queue):
    assert part.Part(f"queue:{queue}", part.Verdict.OK, "").title == f"Queue: {queue}"


def test_things_are_counted_in_words():
    assert part.count(1, part.EMAILS) == "1 e-mail"
    assert part.count(1200, part.JOBS) == "1,200 jobs"
    assert part.count(10_000, part.EMAILS, 10_000) == "10,000 e-mails or more"
