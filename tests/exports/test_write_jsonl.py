"""JSON Lines, read back by Python's own reader."""

import json

import pytest

from exports.columns import COLUMNS
from tests.exports.nasty import CREATED, in_order, make_nasty_tasks, write

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_works(cast, tmp_path):
    task = make_nasty_tasks(cast.acme, None, ["Plain"]).get()
    write(tmp_path / "file", in_order(cast.acme), "jsonl")
    assert (tmp_path / "file").read_text() == (
        f'{{"id":{task.pk},"title":"Plain","status":"open","priority":3,"assigned_to":null,'
        '"created_at":"2026-02-28T23:59:59.123456+00:00"}\n'
    )


def test_every_text_in_every_column_comes_back_with_its_type(cast, tmp_path):
    tasks = list(make_nasty_tasks(cast.acme, cast.carol).select_related("assigned_to"))
    write(tmp_path / "file", in_order(cast.acme), "jsonl", COLUMNS)
    lines = (tmp_path / "file").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line) for line in lines] == [
        {
            "id": task.pk,
            "title": task.title,
            "description": task.description,
            "status": "open",
            "priority": 3,
            "assigned_to": "carol@acme.test" if task.assigned_to else None,
            "due_date": task.due_date.isoformat() if task.due_date else None,
            "created_by": "carol@acme.test",
            "created_at": CREATED.isoformat(),
            "updated_at": "2026-02-28T23:59:59+00:00",
            "completed_at": CREATED.isoformat() if task.completed_at else None,
        }
        for task in tasks
    ]
