"""Jobs in every state for the tests of the screens, and the person who looks at them."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from jobs.models import Status
from ops.joblist.filters import JobFilter
from ops.joblist.listing import JobList
from tests.kinds.models import Errand


def operator_of(user):
    """A browser of `user`, who operates the installation from now on."""
    user.is_staff = True
    user.save()
    client = Client(headers={"accept": "text/html"})
    client.force_login(user)
    return client


def make_job(kind=Errand, status=Status.DONE, /, *, ago=0, **columns):
    """A job of a kind, in a status, made and ended so many minutes ago."""
    then = timezone.now() - timedelta(minutes=ago)
    job = kind(status=status, created_at=then, run_after=then, **columns)
    if status not in (Status.PENDING, Status.RUNNING):
        job.started_at = job.finished_at = then
    job.save()
    return job


def failed(kind=Errand, words="It broke.", /, **columns):
    """A job that really failed, with its attempt."""
    job = kind.objects.claim(make_job(kind, Status.PENDING, **columns).pk)
    job.fail(words, "Traceback (most recent call last): …")
    return job


def text_of(answer):
    """The words of a page, each run of white space as one space."""
    return " ".join(answer.content.decode().split())


def walk(data):
    """The pages of the list from the first to the last, and back."""
    wanted = JobFilter(data)
    assert wanted.is_valid()
    pages = [JobList(wanted).page()]
    while pages[-1].next:
        pages.append(JobList(wanted).page(after=pages[-1].next))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(JobList(wanted).page(before=back[-1].previous))
    return pages, back


def keys(pages):
    """(created_at, label of its kind, pk) of each job on the pages, in their order."""
    return [(job.created_at, job.kind_label, job.pk) for page in pages for job in page.jobs]
