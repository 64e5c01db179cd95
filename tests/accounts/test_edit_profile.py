import datetime
import zoneinfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from tests.cast import make_user

MOMENT = datetime.datetime(2026, 11, 20, 13, 5, 9, tzinfo=datetime.UTC)


@pytest.fixture
def alice(client, db):
    alice = make_user("Alice")
    client.force_login(alice)
    return alice


def test_it_works(client, alice):
    assert client.get("/profile/").status_code == 200
    form = {"name": "Alice Adler", "time_zone": "Europe/Berlin", "reminder_hour": "7"}
    answer = client.post("/profile/", form, follow=True)
    assert "Your profile is saved." in answer.content.decode()
    alice.refresh_from_db()
    assert (alice.name, alice.time_zone, alice.reminder_hour) == ("Alice Adler", "Europe/Berlin", 7)


@pytest.mark.parametrize(
    ("field", "value"), [("time_zone", "Europe/Atlantis"), ("time_zone", ""), ("name", " "), ("reminder_hour", "24")]
)
def test_what_is_wrong_is_said_at_its_field(client, alice, field, value):
    answer = client.post("/profile/", {"name": "Alice", "time_zone": "UTC", "reminder_hour": "9", field: value})
    assert field in answer.context["form"].errors
    assert f'aria-describedby="id_{field}' in answer.content.decode()


def test_only_the_form_s_own_fields_are_taken(client, alice):
    client.post(
        "/profile/",
        {"name": "A", "time_zone": "UTC", "reminder_hour": "9", "is_superuser": "1", "email": "root@acme.test"},
    )
    alice.refresh_from_db()
    assert (alice.is_superuser, alice.email) == (False, "alice@acme.test")


def test_strangers_sign_in_first(client, alice):
    client.logout()
    assert client.get("/profile/").headers["Location"] == "/accounts/login/?next=/profile/"


def test_pages_show_times_in_the_reader_s_zone(client, alice):
    alice.time_zone = "Asia/Tokyo"
    alice.date_joined = datetime.datetime(2026, 11, 20, 22, 0, tzinfo=datetime.UTC)
    alice.save()
    assert "21 Nov 2026" in client.get("/profile/").content.decode()
    assert timezone.get_current_timezone_name() == "UTC"  # the next request starts afresh


def test_a_zone_that_no_longer_exists_is_shown_as_utc(client, alice):
    alice.time_zone = "Europe/Atlantis"
    alice.save()
    assert client.get("/profile/").status_code == 200
    assert alice.zone == zoneinfo.ZoneInfo("UTC")


def test_a_time_has_its_exact_moment_on_hover():
    template = Template("{% load times %}{{ moment|local_time }}{{ nothing|local_time }}")
    with timezone.override("Europe/Berlin"):
        html = template.render(Context({"moment": MOMENT, "nothing": None}))
    exact = "2026-11-20T14:05:09+01:00"
    assert html.startswith(f'<time datetime="{exact}" title="Friday, 20 November 2026, ')
    assert html.endswith(">20 Nov 2026, 14:05</time>")
