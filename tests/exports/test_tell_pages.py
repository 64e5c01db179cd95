"""Open pages hear how an export goes: those of whoever asked for it, and of those who see all exports."""

import pytest
from django.test import Client

from exports import live
from exports.models import ExportJob
from jobs.models import Status
from orgs.models import Role
from realtime.models import Event
from tests.cast import make_task


def told(user=None):
    """The statuses that `user`, or anybody, has been told, in order."""
    events = Event.objects.filter(kind="export.changed").order_by("pk")
    return [event.payload["status"] for event in (events.filter(user=user) if user else events)]


@pytest.mark.django_db(transaction=True)
def test_it_works(cast):
    make_task(cast.acme)
    job = ExportJob.start(cast.acme, cast.carol)
    for user in cast.carol, cast.bob, cast.alice:
        assert told(user) == ["pending", "running", "done"]
    assert not Event.objects.filter(user__in=[cast.dave, cast.mallory]).exists()
    event = Event.objects.filter(user=cast.bob).last()
    assert event.payload == {"export": job.pk, "status": "done", "requester": cast.carol.pk}
    assert event.organization_id == cast.acme.pk  # who is no member any more hears nothing


def test_cancelling_is_told(cast, no_worker):
    waiting, running = ExportJob.start(cast.acme, cast.carol), ExportJob.start(cast.acme, cast.carol)
    ExportJob.objects.claim(running.pk)
    for job in waiting, running:
        Event.objects.all().delete()
        assert job.cancel()
        assert told(cast.carol) == ["cancelled"]
        assert not job.cancel()
        assert told(cast.carol) == ["cancelled"]


def test_another_attempt_is_told(cast, no_worker):
    job = ExportJob.objects.claim(ExportJob.start(cast.acme, cast.carol).pk)
    Event.objects.all().delete()
    job.defer("the disk is away")
    assert told(cast.carol) == ["pending"]
    ExportJob.objects.filter(pk=job.pk).update(status=Status.FAILED)
    assert job.retry()
    assert told(cast.carol) == ["pending", "pending"]


def test_retrying_and_discarding_are_told_also_of_many(cast, no_worker):
    jobs = [ExportJob.start(cast.acme, cast.carol) for _ in range(3)]
    done = ExportJob.ask(cast.acme, cast.bob)
    ExportJob.objects.filter(pk=done.pk).update(status=Status.DONE, file="x", size=1)
    failed = ExportJob.objects.filter(requested_by=cast.carol)
    for verb, status in (
        (lambda: ExportJob.objects.retry_all(), "pending"),
        (lambda: ExportJob.objects.discard_all(), "cancelled"),
        (lambda: sum(job.discard() for job in jobs), "cancelled"),
        (lambda: sum(job.retry() for job in jobs), "pending"),
    ):
        failed.update(status=Status.FAILED)
        Event.objects.all().delete()
        assert verb() == 3
        events = Event.objects.filter(user=cast.carol)
        assert {(event.payload["export"], event.payload["status"]) for event in events} == {
            (job.pk, status) for job in jobs
        }


def test_progress_is_told_now_and_then(cast, no_worker, monkeypatch):
    job = ExportJob.objects.claim(ExportJob.start(cast.acme, cast.carol).pk)
    job.tell_change()
    Event.objects.all().delete()
    for progress in range(1000):
        job.heartbeat(progress, total=1000)
    assert len(told(cast.carol)) <= 1  # a busy machine may take a second for that
    monkeypatch.setattr(live, "TELL_EVERY", 0)
    Event.objects.all().delete()
    job.heartbeat(1000)
    assert told(cast.carol) == ["running"]


def test_an_event_that_cannot_be_written_does_not_keep_an_export_from_ending(cast, no_worker, monkeypatch, caplog):
    job = ExportJob.objects.claim(ExportJob.start(cast.acme, cast.carol).pk)

    def break_down(job):
        raise RuntimeError("no room")

    monkeypatch.setattr(live, "tell", break_down)
    job.fail("It broke.")
    job.refresh_from_db()
    assert job.status == Status.FAILED
    assert "what should come with the status failed of exports.exportjob" in caplog.text


# ---- the notice on whatever page


@pytest.fixture
def carol_s_browser(cast):
    browser = Client(headers={"accept": "text/html"})
    browser.force_login(cast.carol)
    return browser


@pytest.mark.django_db(transaction=True)
def test_the_notice_leads_to_the_export(cast, carol_s_browser):
    job = ExportJob.start(cast.acme, cast.carol)
    notice = carol_s_browser.get(f"/exports/{job.pk}/notice/").content.decode()
    assert "Your export is ready" in notice
    assert f'href="/orgs/acme/tasks/exports/{job.pk}/"' in notice


def test_a_failure_has_a_notice_too(cast, carol_s_browser, no_worker):
    job = ExportJob.objects.claim(ExportJob.start(cast.acme, cast.carol).pk)
    assert carol_s_browser.get(f"/exports/{job.pk}/notice/").status_code == 404  # there is nothing to say yet
    job.fail("It broke.")
    notice = carol_s_browser.get(f"/exports/{job.pk}/notice/").content.decode()
    assert "Your export failed" in notice


@pytest.mark.django_db(transaction=True)
def test_others_and_former_members_get_no_notice(cast, carol_s_browser, client):
    job = ExportJob.start(cast.acme, cast.carol)
    client.force_login(cast.alice)  # she sees the export, but it is not hers
    assert client.get(f"/exports/{job.pk}/notice/").status_code == 404
    cast.acme.memberships.filter(user=cast.carol).delete()
    assert carol_s_browser.get(f"/exports/{job.pk}/notice/").status_code == 404


def test_a_demoted_admin_hears_of_their_own_only(cast, no_worker):
    cast.acme.memberships.filter(user=cast.bob).update(role=Role.MEMBER)
    ExportJob.start(cast.acme, cast.carol)
    assert not told(cast.bob)
