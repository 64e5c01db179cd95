from dataclasses import dataclass

import pytest
from django.test import Client

from config.queues import exports
from exports.models import ExportJob
from orgs.models import Role
from tests.cast import make_user

EXPORTS = "/orgs/acme/tasks/exports/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """The folder of the test's own files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def no_worker(immediate_queues):
    """Jobs stay pending until the test runs them."""
    exports.immediate = False


@dataclass
class Visitor:
    """Somebody who asks for Acme's exports, as a program (JSON) or with a browser (pages). Jobs that they ring run."""

    client: Client
    run_on_commit: object
    answers: list

    def get(self, where="", query=None, **headers):
        self.answers.append(self.client.get(EXPORTS + str(where), query, headers=headers))
        return self.answers[-1]

    def head(self, where, **headers):
        self.answers.append(self.client.head(EXPORTS + str(where), headers=headers))
        return self.answers[-1]

    def post(self, where, data=None, **options):
        with self.run_on_commit(execute=True):
            return self.client.post(EXPORTS + str(where), data or {}, **options)

    def start(self, **wanted):
        """The export that was started so, as it is after the worker had it."""
        answer = self.post("start/", wanted)
        assert answer.status_code == 202, answer.content
        return ExportJob.objects.get(pk=answer.json()["job_id"])


@pytest.fixture
def visit(django_capture_on_commit_callbacks):
    """visit(user) is them with a program, visit(user, "text/html") with a browser; visit() is nobody."""
    answers = []

    def build(user=None, accept="application/json", **options):
        client = Client(headers={"accept": accept}, **options)
        if user:
            client.force_login(user)
        return Visitor(client, django_capture_on_commit_callbacks, answers)

    yield build
    for answer in answers:
        answer.close()


@pytest.fixture
def carol(cast, visit):
    return visit(cast.carol)


@pytest.fixture
def browsing_carol(cast, visit):
    return visit(cast.carol, "text/html")


@pytest.fixture
def erin(cast):
    """A member like Carol."""
    erin = make_user("Erin")
    cast.acme.add_member(erin, Role.MEMBER)
    return erin


@pytest.fixture
def make_exports(cast):
    """make_exports(n) are n done ones of Carol's without files, oldest first."""

    def build(count, user=None, **fields):
        fields = {"status": "done", "file": "gone.csv", "size": 1, **fields}
        jobs = [ExportJob(organization=cast.acme, requested_by=user or cast.carol, **fields) for _ in range(count)]
        return ExportJob.objects.bulk_create(jobs)

    return build
