"""Two consumers that look and tell at the same moment: they stand in line, and never wait for each other."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from ops.alerts import watch
from ops.alerts.conditions import Condition
from ops.models import Alert, Severity
from tests.consumer import until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def condition(key):
    return Condition(key, Severity.WARNING, f"{key} again.", "Look.")


def over(key):
    """An alert that ended a minute ago."""
    now = timezone.now()
    ended_at = now - timedelta(minutes=1)
    return Alert.objects.create(
        key=key,
        severity="warning",
        words=key,
        since=ended_at,
        last_seen=ended_at,
        raised_at=ended_at,
        ended_at=ended_at,
    )


def waits():
    """Whether a transaction waits for the lock of another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it shows the same again and again
        here = "wait_event_type = 'Lock' AND datname = current_database()"
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")
        return cursor.fetchone()[0]


def test_who_locks_the_oldest_first_is_not_met_by_who_begins_with_the_newest(monkeypatch):
    oldest, newest = over("b"), over("a")
    found = [condition("a"), condition("b")]  # in which order the look finds them again
    monkeypatch.setattr(watch, "conditions", lambda now, open_keys: found)
    errors, looked = [], Event()

    def look():
        try:
            watch.look(timezone.now())
        except Exception as error:  # noqa: BLE001 (asserted below)
            errors.append(error)
        finally:
            connection.close()
            looked.set()

    with transaction.atomic():  # as `tell` does with what is over
        Alert.objects.filter(pk=oldest.pk).select_for_update().get()
        thread = Thread(target=look)
        thread.start()
        until(waits)
        Alert.objects.filter(pk=newest.pk).select_for_update().get()
    assert looked.wait(20)
    thread.join()
    assert errors == []
    assert set(Alert.objects.open().values_list("key", flat=True)) == {"a", "b"}
