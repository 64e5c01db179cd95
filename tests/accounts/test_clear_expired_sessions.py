"""Sessions that have expired are deleted each night."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from accounts.tasks import clear_expired_sessions


@pytest.mark.django_db
def test_it_works():
    now = timezone.now()
    for key, age in (("old", -1), ("young", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=age))
    clear_expired_sessions()
    assert [session.session_key for session in Session.objects.all()] == ["young"]
