"""The pages of whoever operates the installation."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mail.models import Email
from mail.tasks import forget_bodies
from tests.kinds.mail import NOTICE
from tests.mail.letters import send, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client, cast):
    cast.alice.is_staff = True
    cast.alice.save()
    client.force_login(cast.alice)
    return client


@pytest.fixture
def uncertain(server):
    server.hangs_at_end.add("carol@acme.test")
    email = send(write(kind=NOTICE, subject="The plan"))
    server.hangs_at_end.clear()
    return email


@pytest.fixture
def failed(server):
    server.refusals["carol@acme.test"] = ["554 5.7.1 Looks like spam"]
    return send(write(subject="The offer"))


def page(client, **query):
    return client.get("/outbox/", query).content.decode()


def test_it_works(operator, uncertain, failed):
    content = page(operator)
    assert "The plan" in content
    assert "may or may not have the message" in content
    assert "554 5.7.1 Looks like spam" in content


def test_an_uncertain_one_is_sent_again_when_a_person_says_so(operator, uncertain, server):
    operator.post(f"/outbox/{uncertain.pk}/send-again/")
    assert send(uncertain).status == "done"
    assert server.message_ids == [uncertain.message_id]


def test_or_it_is_left_as_it_is(operator, uncertain, server):
    operator.post(f"/outbox/{uncertain.pk}/leave/")
    assert send(uncertain).status == "cancelled"
    assert server.messages == []
    assert "The plan" not in page(operator)


def test_what_failed_gets_all_its_attempts_once_more(operator, server):
    server.refusals["carol@acme.test"] = ["451 4.3.0 Try later"] * 13
    email = write()
    while send(email).status == "pending":
        pass
    operator.post("/outbox/send-failed-again/")
    assert send(email).status == "pending"
    assert send(email).status == "done"


def test_those_that_wait_can_be_hurried(operator, server):
    server.refusals["carol@acme.test"] = ["451 4.3.0 Try later"]
    email = send(write())
    answer = operator.post("/outbox/try-now/", follow=True)
    assert "E-mails that are tried again now: 1." in answer.content.decode()
    email.refresh_from_db()
    assert email.status == "done"  # the queue of a test runs at once


def test_a_sent_one_is_not_sent_again(operator, server):
    email = send(write())
    operator.post(f"/outbox/{email.pk}/send-again/")
    operator.post(f"/outbox/{email.pk}/leave/")
    assert send(email).status == "done"
    assert len(server.messages) == 1


def test_it_tells_that_there_is_no_mail_server_yet(operator, use):
    use("")
    write()
    content = page(operator, show="all")
    assert "Waiting for SMTP settings: 1." in content
    assert "Waiting for SMTP settings</span>" in content


def test_it_is_read_page_by_page(operator, use):
    use("")
    emails = [write() for _ in range(51)]
    first = operator.get("/outbox/", {"show": "all"})
    assert len(first.context["emails"]) == 50
    rest = operator.get("/outbox/", {"show": "all", "before": first.context["older"]})
    assert [email.pk for email in rest.context["emails"]] == [emails[0].pk]


@pytest.mark.parametrize("before", ["x' OR 1", "-1", "9" * 30, "9" * 5000, "٣"])
def test_a_page_that_is_none_is_the_first(operator, before):
    assert operator.get("/outbox/", {"before": before}).status_code == 200


@pytest.mark.parametrize("path", ["send-again/", "leave/"])
def test_an_email_that_is_not_there(operator, path):
    assert operator.post(f"/outbox/{10**30}/{path}").status_code == 404


def test_a_page_costs_a_fixed_number_of_queries(operator, use, django_assert_max_num_queries):
    use("")
    for _ in range(20):
        write()
    with django_assert_max_num_queries(7):
        page(operator, show="all")


def test_texts_are_forgotten_after_thirty_days_but_not_what_may_still_be_sent(server, uncertain, time_machine):
    sent = send(write(text="secret"))
    time_machine.move_to(timezone.now() + timedelta(days=29))
    forget_bodies()
    sent.refresh_from_db()
    assert sent.text == "secret"
    time_machine.shift(timedelta(days=2))
    forget_bodies()
    sent.refresh_from_db()
    uncertain.refresh_from_db()
    assert (sent.text, uncertain.text) == ("", "How are you?")
    assert write(key=sent.key).pk == sent.pk  # and it is still known that it was sent


def test_nothing_to_decide(operator):
    assert "Nothing to decide" in page(operator)
    assert "No e-mails yet" in page(operator, show="all")


@pytest.mark.parametrize(
    "path",
    ["", "try-now/", "send-failed-again/", "tests/", "tests/1/", "1/send-again/", "1/leave/"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_others_do_not_see_that_it_exists(client, cast, path, method):
    client.force_login(cast.alice)  # an owner, but not of the installation
    assert getattr(client, method)(f"/outbox/{path}").status_code == 404
    client.logout()
    assert getattr(client, method)(f"/outbox/{path}").status_code == 302
    assert not Email.objects.exists()
