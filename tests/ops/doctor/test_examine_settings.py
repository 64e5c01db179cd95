"""System checks, the settings, and whether a browser comes as the settings say."""

import pytest
from django.core.checks import Error, Info, Warning, register
from django.core.checks.registry import registry
from django.test import RequestFactory
from django.utils import timezone

from ops.doctor import configuration, web
from ops.health import Verdict
from tests.ops.doctor.examining import found, verdict_of

pytestmark = pytest.mark.django_db


# ---- the settings


def test_system_checks_are_told_with_their_ids_and_hints():
    messages = [
        Error("It is\n wrong.", hint="Mend it.", id="some.E001"),
        Warning("Odd.", hint=None, id="some.W001"),
        Info("By the way.", hint="Read on.", id="some.I001"),
        Warning("About HTTPS.", id="security.W008"),
    ]
    parts = [look(timezone.now()) for look in configuration.looks_at(messages)]
    assert [(part.name, part.verdict.value, part.words, part.remedy) for part in parts] == [
        ("check:some.E001", "red", "It is wrong.", "Mend it."),
        ("check:some.W001", "warning", "Odd.", "See its words."),
        ("check:some.I001", "ok", "By the way. Read on.", ""),
    ]
    assert [look.name for look in configuration.looks_at([])] == ["settings"]


def test_a_system_check_without_a_tag_is_asked_too(capsys):
    """Django leaves such out where it is asked for those of some tags."""

    def untagged(app_configs, **_):
        return [Warning("Odd.", hint="Mend it.", id="some.W002")]

    register(untagged)
    try:
        assert found(capsys)["check:some.W002"]["verdict"] == "warning"
    finally:
        registry.registered_checks.remove(untagged)


def test_a_system_check_that_breaks_hides_nothing(capsys, settings):
    settings.ROOT_URLCONF = "nowhere.urls"
    configuration._about_code.cache_clear()
    parts = found(capsys)
    assert parts["settings"]["verdict"] == "red"
    assert "No module named 'nowhere'" in parts["settings"]["words"]
    assert parts["database"]["verdict"] == "ok"


def test_a_weak_secret_key(settings):
    assert verdict_of(configuration.secret_key) == "ok"
    settings.SECRET_KEY = "secret"
    assert verdict_of(configuration.secret_key) == "red"


@pytest.mark.parametrize(
    ("url", "proxies", "verdict"),
    [
        ("https://roost.example", 1, "ok"),
        ("https://roost.example", 0, "red"),
        ("http://roost.example", 0, "warning"),
        ("http://localhost:8000", 0, "ok"),
    ],
)
def test_https(settings, url, proxies, verdict):
    settings.PUBLIC_URL, settings.ALLAUTH_TRUSTED_PROXY_COUNT = url, proxies
    assert verdict_of(configuration.https) == verdict


# ---- how the browser came


def came(settings, public_url, proxies=0, *, secure=False, host="roost.example", **headers):
    """What the doctor says of the address and of the proxies, as two verdicts."""
    settings.PUBLIC_URL, settings.ALLAUTH_TRUSTED_PROXY_COUNT = public_url, proxies
    settings.ALLOWED_HOSTS = ["*"]
    if proxies:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = {name.replace("_", "-"): value for name, value in {"host": host, **headers}.items()}
    request = RequestFactory(headers=headers).get("/ops/doctor/", secure=secure)
    now = timezone.now()
    return str(web.address(request, now)[0]), str(web.proxies(request, now)[0])


THROUGH_ONE = {"x_forwarded_for": "203.0.113.7", "x_forwarded_proto": "https"}


def test_whoever_comes_as_the_settings_say(settings):
    assert came(settings, "http://roost.example") == ("ok", "ok")
    assert came(settings, "https://roost.example", 1, **THROUGH_ONE) == ("ok", "ok")
    assert came(settings, "http://roost.example:8000", host="roost.example:8000") == ("ok", "ok")


def test_another_address_than_that_in_e_mails(settings):
    assert came(settings, "http://roost.example", host="10.0.0.7:8000")[0] == "warning"
    assert came(settings, "https://roost.example", 1, x_forwarded_for="203.0.113.7")[0] == "warning"


def test_a_proxy_that_is_not_trusted(settings):
    assert came(settings, "http://roost.example", **THROUGH_ONE) == ("ok", "warning")
    assert came(settings, "http://roost.example", forwarded="for=203.0.113.7")[1] == "warning"


def test_a_trusted_proxy_that_is_not_there_or_says_too_little(settings):
    assert came(settings, "http://roost.example", 1)[1] == "red"
    assert came(settings, "http://roost.example", 1, x_forwarded_for="203.0.113.7")[1] == "warning"
    assert came(settings, "https://roost.example", 1, **{**THROUGH_ONE, "x_forwarded_for": "a, b"})[1] == "warning"


def test_whether_the_web_answers(settings):
    settings.PORT = 1
    verdict, words, _, _ = web.answers(timezone.now())
    assert verdict == Verdict.RED
    assert words == "Nothing answers on port 1 of this machine: [Errno 111] Connection refused."
