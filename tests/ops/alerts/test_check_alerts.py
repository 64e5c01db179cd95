"""Settings of alerts that cannot be right are told by id, with a hint, and without the address: it may be a secret."""

import pytest
from django.core.checks import run_checks


def found():
    return {message.id: message for message in run_checks(tags=["ops"])}


def test_it_works(settings):
    assert not found()
    settings.ALERT_WEBHOOK_URL = "https://chat.example.com/hooks/s3cret"
    assert not found()


@pytest.mark.parametrize(
    "url", ["chat.example.com/s3cret", "https://bot:s3cret@chat.example.com", "https://h:s3cret/", "https://h/s3cret\n"]
)
def test_an_address_that_is_none(settings, url):
    settings.ALERT_WEBHOOK_URL = url
    message = found()["ops.E101"]
    assert message.hint
    assert "s3cret" not in str(message)


@pytest.mark.parametrize(
    ("url", "ids"),
    [
        ("http://chat.example.com/hook", {"ops.W101"}),
        ("http://192.168.1.5/hook", {"ops.W101"}),
        ("http://localhost:9000/hook", set()),
        ("http://[::1]/hook", set()),
    ],
)
def test_plain_http_beyond_this_machine_is_warned_of(settings, url, ids):
    settings.ALERT_WEBHOOK_URL = url
    assert found().keys() == ids


@pytest.mark.parametrize(
    ("name", "value", "id"), [("ALERT_REPEAT_HOURS", 0.0, "ops.E102"), ("ALERT_FAILURES_PER_HOUR", -1, "ops.E103")]
)
def test_limits_that_cannot_be_kept(settings, name, value, id):
    setattr(settings, name, value)
    assert found().keys() == {id}
