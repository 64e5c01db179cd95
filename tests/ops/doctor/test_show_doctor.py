"""The doctor as a page, which sends a test message too."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import ConsumerProcess
from jobs.runner import run
from mail.models import DeliveryTest
from orgs.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_the_page_shows_the_worst_first(operator):
    ConsumerProcess.objects.filter(queue="exports").update(seen_at=timezone.now() - timedelta(hours=1))
    page = operator.get("/ops/doctor/").content.decode()
    order = [
        page.index(words)
        for words in ("has been silent for 1 hour", "You came by http://testserver", "The database answers")
    ]
    assert order == sorted(order)
    assert "Doctor</a>" in page


def test_the_page_sends_a_test_in_the_background_and_shows_what_came_of_it(operator, cast, server):
    assert "Nobody has tried yet" in operator.get("/ops/doctor/").content.decode()
    page = operator.post("/ops/doctor/test/", {"recipient": "dave@acme.test"}, follow=True).content.decode()
    assert "The mail server is being asked" in page
    assert 'http-equiv="refresh"' in page
    assert server.messages == []
    test = DeliveryTest.objects.get()
    assert test.requested_by == cast.alice
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (cast.alice, "tested", test.label)
    run(DeliveryTest, test.pk)
    page = operator.get("/ops/doctor/").content.decode()
    assert "The mail server took a test to dave@acme.test 0 seconds ago." in page
    assert "&lt; 250 2.0.0 queued as 1" in page
    assert 'http-equiv="refresh"' not in page


def test_a_refused_test_is_in_trouble(operator, server):
    server.refusals["dave@acme.test"] = ["550 5.7.1 <script>alert(1)</script>"]
    operator.post("/ops/doctor/test/", {"recipient": "dave@acme.test"})
    run(DeliveryTest, DeliveryTest.objects.get().pk)
    page = operator.get("/ops/doctor/").content.decode()
    assert "did not take the test of 0 seconds ago: &lt; 550 5.7.1 &lt;script&gt;" in page


def test_what_is_no_address_is_told_on_the_page(operator):
    answer = operator.post("/ops/doctor/test/", {"recipient": "dave"})
    assert answer.status_code == 400
    assert "Enter a valid email address." in answer.content.decode()
    assert not DeliveryTest.objects.exists()


def test_the_page_takes_few_queries(operator, django_assert_max_num_queries):
    operator.get("/ops/doctor/")
    with django_assert_max_num_queries(60):
        operator.get("/ops/doctor/")
