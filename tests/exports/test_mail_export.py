"""Whoever waits for an export is told by e-mail how it ended: once, and only who may still have it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from exports.mail import EXPORT_READY
from exports.models import ExportJob, is_still_wanted
from jobs.models import Status
from jobs.runner import run
from mail import preferences
from mail.models import Email
from tests.cast import make_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


def export(cast, **wanted):
    """An export of Carol's that has run."""
    job = ExportJob.start(cast.acme, cast.carol, **{"notify": True, **wanted})
    run(ExportJob, job.pk)
    job.refresh_from_db()
    return job


def test_it_works(cast, settings):
    settings.PUBLIC_URL = "https://roost.test"
    make_task(cast.acme, status="open")
    job = export(cast, filters={"status": "open"})
    email = Email.objects.get()
    assert (email.key, email.recipient, email.user) == (
        f"export:{job.pk}:done:user:{cast.carol.pk}",
        "carol@acme.test",
        cast.carol,
    )
    assert email.subject == f"Your export is ready: acme-tasks-export-{job.pk}.csv"
    for body in email.text, email.html:
        assert f"https://roost.test/orgs/acme/tasks/exports/{job.pk}/" in body
        assert "1 row," in body
        assert "Status: Open" in body


def test_a_short_one_that_nobody_wants_to_be_told_of_sends_none(cast):
    assert export(cast, notify=False).status == Status.DONE
    assert not Email.objects.exists()


@pytest.mark.parametrize(("seconds", "told"), [(29, 0), (31, 1)])
def test_one_that_took_long_is_told_of(cast, time_machine, seconds, told):
    time_machine.move_to(timezone.now(), tick=False)
    job = ExportJob.start(cast.acme, cast.carol)
    time_machine.shift(timedelta(seconds=seconds))
    run(ExportJob, job.pk)
    assert Email.objects.count() == told


def test_a_failure_is_told_of_with_its_reason(cast):
    job = export(cast, filters={"status": "gone"})
    email = Email.objects.get()
    assert email.key == f"export:{job.pk}:failed:user:{cast.carol.pk}"
    assert email.subject.startswith("Your export has failed")
    assert job.error in email.text


def test_running_it_again_does_not_tell_twice(cast):
    job = export(cast)
    run(ExportJob, job.pk)
    job.ended()
    assert Email.objects.count() == 1


def test_a_cancelled_one_is_not_told_of(cast):
    job = ExportJob.start(cast.acme, cast.carol, notify=True)
    job.cancel()
    running = ExportJob.objects.claim(ExportJob.start(cast.acme, cast.carol, notify=True).pk)
    running.cancel()
    assert not Email.objects.exists()


def test_no_end_without_its_mail_and_no_mail_without_the_end(cast):
    job = ExportJob.objects.claim(ExportJob.start(cast.acme, cast.carol, notify=True).pk)
    columns = job.perform()
    with transaction.atomic():
        job.finish(**columns)
        assert Email.objects.exists()
        transaction.set_rollback(True)
    assert not Email.objects.exists()
    assert ExportJob.objects.get().status == Status.RUNNING


def test_who_has_left_is_not_told(cast):
    job = ExportJob.objects.claim(ExportJob.start(cast.acme, cast.carol, notify=True).pk)
    columns = job.perform()
    cast.acme.memberships.get(user=cast.carol).remove()
    job.finish(**columns)
    assert not Email.objects.exists()
    assert export(cast).status == Status.FAILED
    assert not Email.objects.exists()


def test_who_leaves_before_the_mail_does_is_not_told(cast):
    job = export(cast)
    email = Email.objects.get()
    assert is_still_wanted(email)
    cast.acme.memberships.get(user=cast.carol).remove()
    assert not is_still_wanted(email)
    cast.acme.add_member(cast.carol, "member")
    assert is_still_wanted(email)
    job.delete()
    assert not is_still_wanted(email)


def test_who_has_switched_them_off_is_not_told(cast):
    preferences.opt_out(cast.carol, EXPORT_READY)
    export(cast)
    assert not Email.objects.exists()


def test_a_name_of_the_organization_is_text_in_the_mail(cast):
    cast.acme.name = "<script>x</script>"
    cast.acme.save()
    export(cast)
    assert "<script>" not in Email.objects.get().html


@pytest.mark.parametrize(("query", "notify"), [("", False), ("notify=true", True), ("notify=on", True)])
def test_it_is_asked_for_in_the_form(cast, query, notify):
    client = Client(headers={"accept": "application/json"})
    client.force_login(cast.carol)
    assert client.post(f"/orgs/acme/tasks/exports/start/?{query}").status_code == 202
    assert ExportJob.objects.get().notify is notify


def test_a_word_that_is_no_answer_is_refused(cast):
    client = Client(headers={"accept": "application/json"})
    client.force_login(cast.carol)
    answer = client.post("/orgs/acme/tasks/exports/start/?notify=perhaps")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["notify"])
