"""Three unfinished exports a person, however they are asked for."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from exports.models import LIMIT, ExportJob, TooManyExports
from jobs.models import Status

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


def test_it_works(cast):
    jobs = [ExportJob.start(cast.acme, cast.carol) for _ in range(LIMIT)]
    with pytest.raises(TooManyExports, match="You have 3 unfinished exports"):
        ExportJob.start(cast.acme, cast.carol)
    ExportJob.start(cast.acme, cast.alice)
    jobs[0].cancel()
    ExportJob.start(cast.acme, cast.carol)


def test_it_counts_those_of_all_organizations(cast):
    for _ in range(LIMIT):
        ExportJob.start(cast.elsewhere, cast.mallory)
    with pytest.raises(TooManyExports):
        ExportJob.start(cast.acme, cast.mallory)


def test_requests_at_the_same_moment_do_not_slip_through(cast):
    barrier = Barrier(LIMIT + 3)

    def ask(_):
        barrier.wait()
        try:
            ExportJob.start(cast.acme, cast.carol)
        except TooManyExports:
            return "refused"
        finally:
            connection.close()
        return "started"

    with ThreadPoolExecutor(LIMIT + 3) as pool:
        answers = sorted(pool.map(ask, range(LIMIT + 3)))
    assert answers == ["refused"] * 3 + ["started"] * LIMIT
    assert ExportJob.objects.filter(status=Status.PENDING).count() == LIMIT
