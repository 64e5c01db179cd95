"""A new job rings once its transaction is committed; the row matters, the ring may be lost."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from huey.storage import MemoryStorage

from jobs.models import Status
from jobs.runner import run
from tests.kinds.models import Errand, Note

pytestmark = pytest.mark.django_db


class BrokenStorage(MemoryStorage):
    """A queue's server that is down."""

    def enqueue(self, data, priority=None):
        raise ConnectionError("The queue cannot be reached.")


def messages(queue):
    return [(type(message).__name__, list(message.args)) for message in queue.pending()]


def test_it_works(waiting_queues, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        errand, note = Errand.objects.create(), Note.objects.create()
        assert messages(waiting_queues["exports"]) == []
    assert messages(waiting_queues["exports"]) == [("run_errand", [errand.pk])]
    assert messages(waiting_queues["emails"]) == [("run_note", [note.pk])]


def test_a_job_that_is_rolled_back_does_not_ring(waiting_queues, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        Errand.objects.create()
        transaction.set_rollback(True)
    assert messages(waiting_queues["exports"]) == []
    assert not Errand.objects.exists()


def test_a_message_is_limited_in_time_as_its_job_is(waiting_queues, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        Errand.objects.create()
    (message,) = waiting_queues["exports"].pending()
    assert message.timeout == Errand.time_limit.total_seconds()


def test_a_job_for_later_rings_for_later(waiting_queues, django_capture_on_commit_callbacks):
    later = timezone.now() + timedelta(hours=1)
    with django_capture_on_commit_callbacks(execute=True):
        Errand.objects.create(run_after=later)
    (message,) = waiting_queues["exports"].pending()
    assert message.eta == later.replace(tzinfo=None)


def test_a_saved_job_does_not_ring_again(waiting_queues, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        errand = Errand.objects.create()
        errand.argument = "changed"
        errand.save(update_fields=["argument"])
        Errand.objects.create(status=Status.CANCELLED)
    assert len(messages(waiting_queues["exports"])) == 1


def test_jobs_made_together_all_ring_and_can_be_followed(waiting_queues, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        errands = Errand.objects.bulk_create([Errand(), Errand(), Errand(status=Status.DONE)])
    assert messages(waiting_queues["exports"]) == [("run_errand", [errand.pk]) for errand in errands[:2]]
    assert all(Errand.objects.values_list("request_id", flat=True))


def test_a_queue_that_is_down_is_logged_and_the_job_waits(waiting_queues, django_capture_on_commit_callbacks, caplog):
    waiting_queues["exports"].storage = BrokenStorage()
    with django_capture_on_commit_callbacks(execute=True):
        errand = Errand.objects.create()
    assert "The queue cannot be reached." in caplog.text
    errand.refresh_from_db()
    assert errand.status == Status.PENDING


def test_a_message_that_comes_early_rings_again_in_time(waiting_queues, django_capture_on_commit_callbacks):
    """The clock of the host that made the job is ahead of ours."""
    errand = Errand.objects.create(run_after=timezone.now() + timedelta(seconds=2))
    with django_capture_on_commit_callbacks(execute=True):
        run(Errand, errand.pk)
    (message,) = waiting_queues["exports"].pending()
    assert message.eta == errand.run_after.replace(tzinfo=None)
