import datetime
import random
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Installation, User
from articles.models import Article, ArticleNotification, Comment, CommentStatus
from mail.models import Email
from ops import demo
from orgs.models import Membership, Organization, Role, Status, Task
from tests.cast import make_org, make_user

pytestmark = pytest.mark.django_db


def load_demo(tasks=50):
    output = StringIO()
    call_command("load_demo", tasks=tasks, stdout=output)
    return output.getvalue()


def test_it_works(client):
    output = load_demo()
    assert "alice@acme.test" in output
    assert "roost-demo" in output
    roles = dict(Membership.objects.values_list("user__email", "role"))
    assert roles == {
        "alice@acme.test": Role.OWNER,
        "bob@acme.test": Role.ADMIN,
        "carol@acme.test": Role.MEMBER,
        "dave@acme.test": Role.VIEWER,
        "mallory@elsewhere.test": Role.OWNER,
    }
    assert Task.objects.filter(organization__slug="acme").count() == 50
    assert Task.objects.filter(organization__slug="elsewhere").exists()


@pytest.mark.parametrize("email", [email for email, *_ in demo.PEOPLE])
def test_everybody_can_sign_in_at_once(client, email):
    load_demo()
    response = client.post("/accounts/login/", {"login": email, "password": "roost-demo"})
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_a_second_time_changes_nothing():
    load_demo()
    models = (User, Organization, Membership, Task, Article, Comment)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    assert "alice@acme.test" in load_demo(tasks=70)
    assert before == [list(model.objects.order_by("pk").values()) for model in models]


def test_what_was_done_in_the_demo_stays():
    load_demo()
    Task.objects.filter(organization__slug="acme").delete()
    load_demo()
    assert not Task.objects.filter(organization__slug="acme").exists()


@pytest.mark.parametrize("something", [make_user, make_org, Installation.claim])
def test_an_installation_with_data_of_its_own_is_refused(something):
    something()
    with pytest.raises(CommandError, match="data of its own") as refusal:
        load_demo()
    assert refusal.value.returncode == 2
    assert not Task.objects.exists()


@pytest.mark.parametrize("something", [make_user, make_org])
def test_a_demo_that_others_work_in_is_refused(something):
    load_demo()
    something()
    with pytest.raises(CommandError, match="data of its own"):
        load_demo()


def test_a_negative_number_is_refused():
    with pytest.raises(CommandError, match="negative") as refusal:
        load_demo(tasks=-1)
    assert refusal.value.returncode == 2
    assert not User.objects.exists()


def test_the_tasks_are_valid_and_of_the_last_year():
    load_demo(tasks=100)
    now = timezone.now()
    for task in Task.objects.all():
        task.full_clean()
        assert now - datetime.timedelta(days=366) < task.created_at <= task.updated_at <= now
        assert (task.completed_at is not None) == (task.status == Status.DONE)
    assert set(Task.objects.values_list("status", flat=True)) == set(Status.values)
    newest_first = list(Task.objects.filter(organization__slug="acme").order_by("-id"))
    assert newest_first == sorted(newest_first, key=lambda task: task.created_at, reverse=True)


def test_the_same_day_brings_the_same_tasks():
    now = timezone.now()
    once, again = (list(demo.invent_tasks(20, [1, 2], now, random.Random(7))) for _ in range(2))
    assert once == again


def test_the_articles_are_valid_and_nobody_is_told_of_them():
    load_demo()
    now = timezone.now()
    for article in Article.objects.all():
        article.full_clean()
        assert article.organization.slug == "acme"
        assert article.created_at == article.published_at < now
    for comment in Comment.objects.select_related("article"):
        comment.full_clean()
        assert comment.article.published_at < comment.created_at < now
        assert (comment.status == CommentStatus.PENDING) == (comment.moderated_at is None)
    assert Comment.objects.waiting().count() == 2
    assert not ArticleNotification.objects.exists()
    assert not Email.objects.exists()


def test_the_articles_can_be_read(client):
    load_demo(tasks=0)
    client.force_login(User.objects.get(email="dave@acme.test"))
    page = client.get("/orgs/acme/articles/notes-from-the-trade-fair/", headers={"accept": "text/html"})
    assert "Northwind is answered." in page.content.decode()
    assert "photographs" not in page.content.decode()  # that comment waits
