"""A paused queue claims nothing; resumed, it goes on with everything that is due."""

import pytest

from jobs.models import QueuePause, Status
from jobs.runner import run
from jobs.sweep import sweep
from tests.consumer import is_done, until
from tests.kinds.models import Errand, Note


@pytest.mark.django_db
def test_it_works(waiting_queues, django_capture_on_commit_callbacks):
    assert QueuePause.pause("exports")
    with django_capture_on_commit_callbacks(execute=True):
        errand = Errand.objects.create()
    waiting_queues["exports"].storage.flush_queue()
    run(Errand, errand.pk)
    sweep("exports")
    errand.refresh_from_db()
    assert (errand.status, errand.attempt) == (Status.PENDING, 0)
    assert waiting_queues["exports"].pending() == []  # a bell that nobody answers is not rung each minute

    with django_capture_on_commit_callbacks(execute=True):
        assert QueuePause.resume("exports")
        assert waiting_queues["exports"].pending() == []  # whoever heard it now would find the queue paused
    assert [message.args[0] for message in waiting_queues["exports"].pending()] == [errand.pk]


@pytest.mark.django_db
def test_the_other_queue_goes_on(waiting_queues):
    QueuePause.pause("exports")
    note = Note.objects.create()
    assert Note.objects.claim(note.pk) is not None


@pytest.mark.django_db
def test_twice_is_once():
    assert QueuePause.pause("exports")
    assert not QueuePause.pause("exports")
    assert QueuePause.resume("exports")
    assert not QueuePause.resume("exports")


def test_a_real_consumer_waits_and_goes_on(installation):
    with installation.consumer("exports", workers=1):
        QueuePause.pause("exports")
        errands = [Errand.objects.create() for _ in range(3)]
        until(lambda: installation_is_idle(installation))
        assert not Errand.objects.exclude(status=Status.PENDING).exists()
        QueuePause.resume("exports")
        for errand in errands:
            until(lambda errand=errand: is_done(errand))


def installation_is_idle(installation):
    from config.queues import QUEUES

    return QUEUES["exports"].pending_count() == 0
