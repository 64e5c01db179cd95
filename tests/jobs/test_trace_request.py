"""A request's id is in the log lines of the request and of every job that it causes."""

import logging
import re
from io import StringIO

import pytest
from django.http import HttpResponse

from exports.models import ExportJob
from jobs import log
from tests.cast import PASSWORD
from tests.kinds.models import Errand, Note


@pytest.fixture
def lines():
    """The lines that the product logs, as it formats them."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log.LineFormatter("web"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: stream.getvalue().splitlines()
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def request_with(rf, django_capture_on_commit_callbacks):
    """Sends a request that does something; gives its response. Jobs run when it is over, with no request about."""

    def request_with(action, path="/", **headers):
        def view(request):
            action()
            return HttpResponse()

        with django_capture_on_commit_callbacks() as rings:
            response = log.RequestIdMiddleware(view)(rf.get(path, headers=headers))
        for ring in rings:
            ring()
        return response

    return request_with


def make_both():
    Errand.objects.create()
    Note.objects.create()


@pytest.mark.django_db
def test_it_works(request_with, lines):
    response = request_with(make_both, **{"X-Request-ID": "abc-123.DEF_4"})
    assert response["X-Request-ID"] == "abc-123.DEF_4"
    errand, note = Errand.objects.get(), Note.objects.get()
    assert errand.request_id == note.request_id == "abc-123.DEF_4"
    web, *jobs = lines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO    \[web\] web: GET / 200 \d+ms request_id=abc-123\.DEF_4", web
    )
    assert [line.partition("jobs: ")[2] for line in jobs] == [
        f"started request_id=abc-123.DEF_4 job=kinds.errand:{errand.pk}#1",
        f"done request_id=abc-123.DEF_4 job=kinds.errand:{errand.pk}#1",
        f"started request_id=abc-123.DEF_4 job=kinds.note:{note.pk}#1",
        f"done request_id=abc-123.DEF_4 job=kinds.note:{note.pk}#1",
    ]


@pytest.mark.django_db
def test_jobs_of_jobs_and_jobs_made_together_keep_it(request_with, monkeypatch):
    monkeypatch.setattr(Errand, "do_nothing", lambda self, _: Note.objects.bulk_create([Note(), Note()]) and None)
    request_with(Errand.objects.create, **{"X-Request-ID": "the-first-request"})
    assert set(Note.objects.values_list("request_id", flat=True)) == {"the-first-request"}


@pytest.mark.django_db
def test_a_job_without_a_request_has_an_id_of_its_own():
    first, second = Errand.objects.create(), Errand.objects.create()
    assert re.fullmatch("[0-9a-f]{32}", first.request_id)
    assert first.request_id != second.request_id


FORGED = [
    "",
    "short",
    "x" * 65,
    "with space in it",
    "line\nbreak-in-it",
    "at-the-end\n",
    "٠١٢٣٤٥٦٧٨٩",
    "a=b;c=d;e=f",
    "%0a%0d%0a%0d",
]


@pytest.mark.parametrize("forged", FORGED, ids=ascii)
def test_a_forged_id_is_replaced(request_with, lines, forged):
    response = request_with(lambda: None, **{"X-Request-ID": forged})
    assert re.fullmatch("[0-9a-f]{32}", response["X-Request-ID"])
    assert lines()[-1].endswith(f"request_id={response['X-Request-ID']}")


def test_two_requests_have_two_ids(request_with):
    assert request_with(lambda: None)["X-Request-ID"] != request_with(lambda: None)["X-Request-ID"]


def test_nothing_of_a_request_is_left_after_it(request_with, lines):
    request_with(lambda: None)
    logging.getLogger("jobs").info("later")
    assert lines()[-1].endswith("jobs: later")


def test_what_a_user_wrote_cannot_pass_for_a_line_of_its_own(request_with, lines):
    request_with(lambda: None, path="/a%0a2026-01-01T00:00:00.000Z INFO [web] web: forged%1b[2J%e2%80%ae%c2%9b/")
    assert len(lines()) == 1
    assert r"/a\n2026-01-01T00:00:00.000Z INFO [web] web: forged\x1b[2J\u202e\x9b/" in lines()[0]


def test_an_error_cannot_either(lines):
    try:
        raise ValueError("title\n2026-01-01T00:00:00.000Z INFO    [web] web: forged \x1b[2J")
    except ValueError:
        logging.getLogger("jobs").exception("it broke")
    first, *rest = lines()
    assert "jobs: it broke" in first
    assert rest[-1] == r"    2026-01-01T00:00:00.000Z INFO    [web] web: forged \x1b[2J"
    assert all(line.startswith("    ") for line in rest)


def test_the_query_is_not_logged(request_with, lines):
    request_with(lambda: None, path="/?token=secret")
    assert "secret" not in lines()[0]


def test_the_health_check_is_not_logged(request_with, lines):
    request_with(lambda: None, path="/up")
    assert lines() == []


@pytest.mark.django_db
def test_a_defect_is_logged_with_the_ids_of_its_job(request_with, lines, job_errors):
    """By Huey, which knows nothing of them, once the job is over."""
    request_with(
        lambda: Errand.objects.create(action="break", argument="it is broken"), **{"X-Request-ID": "the-request"}
    )
    (line,) = (line for line in lines() if "Unhandled exception" in line)
    assert line.endswith(f" request_id=the-request job=kinds.errand:{Errand.objects.get().pk}#1")
    assert lines()[-1] == "    ZeroDivisionError: it is broken"


def test_who_and_where_is_on_the_lines_of_a_request(client, cast, lines):
    client.force_login(cast.carol)
    client.get("/orgs/acme/tasks/")
    assert lines()[-1].endswith(f" user={cast.carol.pk} organization={cast.acme.pk}")
    client.logout()
    client.get("/orgs/acme/tasks/")
    assert "user=" not in lines()[-1]
    assert "organization=" not in lines()[-1]


def test_an_organization_that_one_may_not_see_is_not_named(client, cast, lines):
    client.force_login(cast.mallory)
    client.get("/orgs/acme/tasks/")
    assert all(f"user={cast.mallory.pk}" in line and "organization=" not in line for line in lines())
    # Ours, and Django's, which it logs later.
    assert [line.split()[3] for line in lines()] == ["web:", "django.request:"]


def test_signing_in_names_who_did(client, cast, lines):
    client.post("/accounts/login/", {"login": cast.carol.email, "password": PASSWORD})
    assert "POST /accounts/login/ 302" in lines()[-1]
    assert lines()[-1].endswith(f" user={cast.carol.pk}")


@pytest.mark.django_db
def test_knowing_nobody_costs_no_query(client, lines, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/accounts/password/reset/done/")
    assert "user=" not in lines()[-1]


def test_a_job_names_whose_it_is(cast, lines, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        ExportJob.start(cast.acme, cast.carol)
    started = next(line for line in lines() if "jobs: started" in line and "exports.exportjob" in line)
    assert started.endswith(f"#1 user={cast.carol.pk} organization={cast.acme.pk}")


def test_ids_outside_of_a_request_are_nobodys(lines):
    log.note(user=5)
    logging.getLogger("jobs").info("later")
    assert "user=" not in lines()[-1]
