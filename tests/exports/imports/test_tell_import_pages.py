"""Open pages hear how an import goes: those of whoever asked for it, and of those who see all imports."""

import pytest

from exports import live
from exports.imports.models import TaskImport
from jobs.models import Status
from jobs.runner import run
from realtime.models import Event
from tests.exports.builders import make_upload, run_import

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]

CSV = "title,status\r\nA,open\r\n"


def told(user):
    """The statuses that `user` has been told, in order."""
    events = Event.objects.filter(kind="import.changed", user=user).order_by("pk")
    return [event.payload["status"] for event in events]


def start(cast):
    return TaskImport.start(make_upload(cast.acme, cast.carol, CSV), cast.carol, mapping={"title": 0, "status": 1})


def test_it_works(cast):
    job = run_import(cast.acme, cast.carol, CSV)
    for user in cast.carol, cast.bob, cast.alice:
        assert told(user) == ["pending", "running", "done"]
    assert not Event.objects.filter(user__in=[cast.dave, cast.mallory]).exists()
    event = Event.objects.filter(user=cast.bob).last()
    assert event.payload == {"import": job.pk, "status": "done", "requester": cast.carol.pk}
    assert event.organization_id == cast.acme.pk  # who is no member any more hears nothing


def test_cancelling_and_trying_again_are_told(cast):
    job = start(cast)
    assert job.cancel()
    assert not job.cancel()
    assert job.retry()
    TaskImport.objects.claim(job.pk).defer("the disk is away")
    assert told(cast.carol) == ["pending", "cancelled", "pending", "pending"]


def test_progress_is_told_now_and_then(cast, monkeypatch):
    job = TaskImport.objects.claim(start(cast).pk)
    job.tell_change()
    Event.objects.all().delete()
    for progress in range(1000):
        job.heartbeat(progress)
    assert len(told(cast.carol)) <= 1  # a busy machine may take a second for that
    monkeypatch.setattr(live, "TELL_EVERY", 0)
    Event.objects.all().delete()
    job.heartbeat(1000)
    assert told(cast.carol) == ["running"]


def test_the_pages_listen(cast, visit):
    job = start(cast)
    page = visit(cast.carol, "text/html").client.get(f"/orgs/acme/tasks/imports/{job.pk}/").content.decode()
    assert f"roost:import.changed:import={job.pk} from:document" in page
    assert "every 1s" in page  # where the stream of events cannot be had
    page = visit(cast.bob, "text/html").client.get("/orgs/acme/tasks/imports/").content.decode()
    assert f"roost:import.changed:organization={cast.acme.pk} from:document" in page


# ---- the notice on whatever page


@pytest.mark.parametrize(
    ("content", "words"), [(CSV, "Your import is done:"), ("title,status\r\nA,wrong\r\n", "Your import was rejected:")]
)
def test_the_notice_leads_to_the_import(cast, browser, content, words):
    job = run_import(cast.acme, cast.carol, content, name="<b>.csv")
    notice = browser.get(f"/imports/{job.pk}/notice/").content.decode()
    assert words in notice
    assert f'href="/orgs/acme/tasks/imports/{job.pk}/">&lt;b&gt;.csv</a>' in notice


def test_a_failure_has_a_notice_too(cast, browser):
    job = start(cast)
    assert browser.get(f"/imports/{job.pk}/notice/").status_code == 404  # there is nothing to say yet
    job.upload.remove()
    run(TaskImport, job.pk)
    job.refresh_from_db()
    assert job.status == Status.FAILED
    assert "Your import failed:" in browser.get(f"/imports/{job.pk}/notice/").content.decode()


def test_others_and_former_members_get_no_notice(cast, browser, client):
    job = run_import(cast.acme, cast.carol, CSV)
    client.force_login(cast.alice)  # she sees the import, but it is not hers
    assert client.get(f"/imports/{job.pk}/notice/").status_code == 404
    cast.acme.memberships.filter(user=cast.carol).delete()
    assert browser.get(f"/imports/{job.pk}/notice/").status_code == 404
