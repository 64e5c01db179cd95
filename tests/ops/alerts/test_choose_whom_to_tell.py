"""Who is told of alerts."""

import pytest
from django.utils import timezone

from accounts.models import User
from mail import preferences
from mail.models import Email
from ops.alerts import telling
from ops.health import alerts
from ops.mail import ALERTS
from ops.models import Alert
from tests.cast import make_user
from tests.ops.alerts.messages import kill_exports

# Carol is told, and the webhook.
pytestmark = pytest.mark.usefixtures("operator", "server", "webhook", "running")

# ---- who


def test_only_who_operates_the_installation_and_wants_it_is_told(cast, operator):
    make_user("Gone", is_staff=True, is_active=False)
    unproven = make_user("Unproven", is_staff=True)
    unproven.emailaddress_set.update(verified=False)
    moving = make_user("Moving", is_staff=True)
    User.objects.filter(pk=moving.pk).update(email="unproven@elsewhere.test")
    unwilling = make_user("Unwilling", is_staff=True)
    preferences.opt_out(unwilling, ALERTS)
    assert list(telling.people()) == [operator]


def test_the_choice_is_on_the_profile_of_staff_and_of_nobody_else(client, cast, operator):
    for user, shown in (cast.alice, False), (operator, True):
        client.force_login(user)
        assert (str(ALERTS.description) in client.get("/profile/").content.decode()) == shown
    client.force_login(cast.alice)
    client.post("/profile/e-mails/", {})
    assert preferences.wants(cast.alice, ALERTS)  # what one is not asked one does not answer


def test_who_no_longer_operates_it_does_not_get_what_waits(running, server, operator):
    server.greets = False
    kill_exports(running)
    User.objects.filter(pk=operator.pk).update(is_staff=False)
    assert not telling.is_still_wanted(Email.objects.get())


def test_with_nobody_to_tell_it_is_told_as_soon_as_there_is_somebody(running, server, operator, settings):
    settings.ALERT_WEBHOOK_URL = ""
    operator.emailaddress_set.update(verified=False)
    kill_exports(running, 5)
    assert not Email.objects.exists()
    operator.emailaddress_set.update(verified=True)
    running.run()
    assert len(server.messages) == 1


# ---- mail fails


def test_when_nobody_can_be_told_health_says_so(running, operator, settings):
    settings.ALERT_WEBHOOK_URL = ""
    operator.emailaddress_set.update(verified=False)
    kill_exports(running)
    verdict, words, remedy, _ = alerts.alerts(timezone.now())
    assert str(verdict) == "warning"
    assert "nobody to tell" in words
    assert "ALERT_WEBHOOK_URL" in remedy
    assert not Alert.objects.filter(key="alerts").exists()  # of that nobody could be told either
