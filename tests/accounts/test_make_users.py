import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.models import User
from tests.cast import PASSWORD, make_user


def test_it_works(client, db):
    user = User.objects.create_user("  Zoe@Acme.TEST ", PASSWORD, name="Zoe")
    assert (user.email, user.time_zone, str(user)) == ("zoe@acme.test", "UTC", "Zoe")
    answer = client.post("/accounts/login/", {"login": "zoe@acme.test", "password": PASSWORD})
    assert answer.headers["Location"] == "/"  # no e-mail is needed: whoever made the user vouches for the address


def test_the_command_line_makes_an_operator_who_can_sign_in(client, db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="root@acme.test", interactive=False, verbosity=0)
    assert User.objects.get(email="root@acme.test").is_superuser
    assert client.post("/accounts/login/", {"login": "root@acme.test", "password": PASSWORD}).status_code == 302


def test_an_address_is_unique_whatever_its_case(db):
    make_user("Zoe")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="ZOE@acme.test")


def test_a_user_without_an_address_row_is_never_left_behind(db):
    make_user("Zoe")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("Zoe")
    assert User.objects.get().emailaddress_set.count() == 1


@pytest.mark.parametrize("fields", [{"name": "a\nb"}, {"time_zone": "Mars/Olympus"}, {"email": "zoe"}])
def test_the_model_refuses_what_no_form_may_let_through(db, fields):
    user = User(**{"email": "zoe@acme.test", "name": "Zoe", "password": "x", **fields})
    with pytest.raises(ValidationError) as error:
        user.full_clean()
    assert set(error.value.message_dict) == set(fields)
