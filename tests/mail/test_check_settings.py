"""What EMAIL_URL means, and what is said where it cannot be meant."""

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from config.environment import email_settings
from mail.kinds import Kind, registry


def ids(deploy=False):
    found = checks.run_checks(tags=["mail"], include_deployment_checks=deploy)
    assert all(message.hint for message in found)
    return [message.id for message in found]


def test_it_works(use):
    use("smtp+tls://roost:s%40cret@mail.example")
    assert ids(deploy=True) == []


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example", 25, None, None),
        ("smtp+tls://mail.example", 587, True, None),
        ("smtp+ssl://mail.example", 465, None, True),
        ("smtp+tls://mail.example:2525", 2525, True, None),
    ],
)
def test_an_address_of_a_mail_server(url, port, tls, ssl):
    settings = email_settings(url)
    assert settings["EMAIL_TRANSPORT"] == "mail.smtp.EmailBackend"
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example", port)
    assert (settings.get("EMAIL_USE_TLS"), settings.get("EMAIL_USE_SSL")) == (tls, ssl)


def test_a_password_may_hold_any_character():
    settings = email_settings("smtp+tls://roost%40acme.test:p%40ss%2Fw%3Ard@mail.example")
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"]) == ("roost@acme.test", "p@ss/w:rd")


@pytest.mark.parametrize("url", ["mail.example", "pigeon://mail.example", "smtp://", "smtp://mail.example?colour=red"])
def test_what_it_cannot_mean_is_said_at_the_start(url):
    with pytest.raises(ImproperlyConfigured):
        email_settings(url)


def test_no_mail_server_is_worth_a_word(use):
    use("")
    assert ids(deploy=True) == ["mail.I001"]
    assert ids() == []


@pytest.mark.parametrize(("host", "found"), [("mail.example", ["mail.W001"]), ("localhost", [])])
def test_a_password_that_travels_open(use, host, found):
    use(f"smtp://roost:secret@{host}")
    assert ids() == found


def test_a_sender_that_is_no_address(use, settings):
    use("smtp://mail.example")
    settings.DEFAULT_FROM_EMAIL = "Roost"
    assert ids() == ["mail.E001"]


def test_a_kind_whose_function_is_not_there(use):
    use("smtp://mail.example")
    lost = {"label": "Lost", "description": "Never", "resend": True, "optional": False}
    Kind("lost", still_wanted="mail.nowhere.still_wanted", **lost)
    try:
        assert ids() == ["mail.E002"]
        with pytest.raises(ValueError, match="Two kinds"):
            Kind("lost", **lost)
    finally:
        del registry["lost"]
