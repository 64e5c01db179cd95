"""`/metrics` speaks by the rules of Prometheus, to those who may know."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from jobs.models import ConsumerProcess
from ops.checks import ops_token_is_long
from tests.ops.builders import make_attempt
from tests.ops.metrics.conftest import TOKEN

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "monitoring.md"


# ---- who may know


def test_without_a_token_it_is_for_operators(client, cast):
    assert client.get("/metrics").status_code == 404
    client.force_login(cast.alice)
    assert client.get("/metrics").status_code == 404
    cast.alice.is_staff = True
    cast.alice.save()
    assert client.get("/metrics").status_code == 200
    assert client.head("/metrics").status_code == 200
    assert client.post("/metrics").status_code == 405


@pytest.mark.parametrize(
    "header",
    [f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, "Bearer ünsinn", ""],
)
def test_a_wrong_token_is_refused(client, db, settings, header):
    settings.OPS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="Roost"')
    assert b"roost_jobs" not in answer.content


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x"])
def test_no_token_opens_where_none_is_set(client, db, settings, header):
    settings.OPS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 401


def test_a_token_needs_no_session_and_no_query_for_one(scrape):
    with CaptureQueriesContext(connection) as queries:
        answer = scrape()
    assert not answer.cookies
    assert not [query for query in queries if re.search("accounts_session|accounts_user", query["sql"])]


def test_a_short_token_is_warned_of(settings):
    for token, ids in {"": [], TOKEN: [], "short": ["ops.W010"]}.items():
        settings.OPS_TOKEN = token
        assert [warning.id for warning in ops_token_is_long(None)] == ids


# ---- the rules of Prometheus


def test_the_output_follows_the_rules(scrape):
    """Those of `promtool check metrics` (prometheus/client_golang, testutil/promlint), and of Prometheus' own page on
    names."""
    make_attempt()
    ConsumerProcess.sign("emails", [])
    text = scrape().content.decode()
    helped, typed = (re.findall(rf"^# {word} (\S+) (.+)$", text, re.MULTILINE) for word in ("HELP", "TYPE"))
    families = list(parse_text(text))
    names = [name for name, _ in helped]
    assert names == [name for name, _ in typed]
    assert len(names) == len(set(names))
    assert len(families) > 20
    for family in families:
        assert family.documentation.endswith("."), family.name
        assert re.fullmatch(r"roost(_[a-z]+)+", family.name), family.name
        assert not re.search(r"_total|_(counter|gauge|histogram|summary)(_|$)", family.name), family.name  # none is one
        assert not re.search(r"_(ms|milliseconds|minutes|hours|mb|kib|kilobytes|percent)$", family.name), family.name
        assert family.samples, family.name
        for sample in family.samples:
            assert sample.name == family.name or family.type == "histogram", sample.name
            assert set(sample.labels) <= LABELS | ({"le"} if family.type == "histogram" else set()), sample.labels
        keys = [(sample.name, *sorted(sample.labels.items())) for sample in family.samples]
        assert len(keys) == len(set(keys))
    assert dict(typed)["roost_job_attempts_last_hour_duration_seconds"] == "histogram"


LABELS = {"kind", "status", "outcome", "queue", "consumer", "part", "release", "python", "django", "sqlite"}


def test_openmetrics_is_spoken_too(scrape):
    make_attempt()
    answer = scrape(Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name: family.type for family in parse_openmetrics(answer.content.decode())}
    assert families["roost_job_attempts_last_hour_duration_seconds"] == "gaugehistogram"
    assert families["roost_build"] == "info"
    assert families["roost_jobs"] == "gauge"


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases have no log to tell of")
def test_the_document_names_them_all_and_no_other(scrape):
    make_attempt()
    ConsumerProcess.sign("emails", [])
    told = set(re.findall(r"^# TYPE (\S+)", scrape().content.decode(), re.MULTILINE))
    text = DOCUMENT.read_text()
    assert set(re.findall(r"^\| `(roost_\w+)", text, re.MULTILINE)) == told - {
        f"roost_job_attempts_last_hour_duration_seconds_{suffix}" for suffix in ("gcount", "gsum")
    }
    in_rules = set(re.findall(r"roost_\w+", text))
    assert {name.removesuffix("_bucket") for name in in_rules} <= told
