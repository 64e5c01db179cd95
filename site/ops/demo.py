"""The demo: the organization `acme` with four people, a year's tasks and a few articles; a stranger in `elsewhere`."""

import datetime
import random
from itertools import islice

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Installation, User
from articles.models import Article, Comment, CommentStatus
from articles.models import Status as ArticleStatus
from ops.demo_articles import ARTICLES
from ops.demo_words import SENTENCES, TITLES, WORDS
from orgs.models import Membership, Organization, Priority, Role, Status

PASSWORD = "roost-demo"  # noqa: S105 (printed for everybody to sign in with)
#: (e-mail address, name, organization, role)
PEOPLE = [
    ("alice@acme.test", "Alice Archer", "acme", Role.OWNER),
    ("bob@acme.test", "Bob Brook", "acme", Role.ADMIN),
    ("carol@acme.test", "Carol Castle", "acme", Role.MEMBER),
    ("dave@acme.test", "Dave Dale", "acme", Role.VIEWER),
    ("mallory@elsewhere.test", "Mallory Moss", "elsewhere", Role.OWNER),
]
ORGANIZATIONS = {"acme": "Acme", "elsewhere": "Elsewhere"}
#: Plain rows: model instances would take several times as long, and stamp all of them as created now.
INSERT = """
    INSERT INTO orgs_task (organization_id, title, description, status, priority, assigned_to_id, due_date,
                           created_by_id, created_at, updated_at, completed_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
#: How many tasks `elsewhere` has.
FEW = 12


class RealData(Exception):
    """The installation holds people or organizations that are not the demo's."""


def load(tasks: int) -> bool:
    """Fill an empty installation with the demo, `tasks` of them in `acme`, all of it or nothing.

    Returns False where the demo is there already, which is left as it is. Raises RealData.
    """
    with transaction.atomic():
        if not Installation.is_unclaimed() or Organization.objects.exists():
            if _is_demo():
                return False
            raise RealData
        Installation.claim()
        members = _create_people()
        # The same seed and the same day: the same tasks.
        rng, now = random.Random(2026), timezone.now()  # noqa: S311 (not for secrets)
        workers = [members[email].pk for email, _, slug, role in PEOPLE if slug == "acme" and role != Role.VIEWER]
        _insert_tasks(Organization.objects.get(slug="acme"), invent_tasks(tasks, workers, now, rng))
        _publish_articles(Organization.objects.get(slug="acme"), members, now)
        mallory = members["mallory@elsewhere.test"]
        _insert_tasks(Organization.objects.get(slug="elsewhere"), invent_tasks(FEW, [mallory.pk], now, rng))
    return True


def _is_demo() -> bool:
    emails = set(User.objects.values_list("email", flat=True)[: len(PEOPLE) + 1])
    slugs = set(Organization.objects.values_list("slug", flat=True)[: len(ORGANIZATIONS) + 1])
    return emails == {email for email, *_ in PEOPLE} and slugs == set(ORGANIZATIONS)


def _create_people() -> dict:
    organizations = {slug: Organization.objects.create(slug=slug, name=name) for slug, name in ORGANIZATIONS.items()}
    password = make_password(PASSWORD)  # once: it is slow on purpose
    users = {}
    for email, name, slug, role in PEOPLE:
        operator = email == PEOPLE[0][0]
        user = User.objects.create(email=email, name=name, password=password, is_staff=operator, is_superuser=operator)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        Membership.objects.create(organization=organizations[slug], user=user, role=role)
        users[email] = user
    return users


def invent_tasks(count, workers, now, rng):
    """Yield `count` tasks of the last year, oldest first, as tuples for INSERT; `workers` are ids of Users."""
    year = datetime.timedelta(days=365)
    statuses, priorities = Status.values, Priority.values
    for age in sorted((rng.random() for _ in range(count)), reverse=True):
        created_at = now - age * year
        # The older a task, the likelier it is done.
        status = rng.choices(statuses, weights=(1 - 0.8 * age, 0.5 - 0.4 * age, 0.3 + 2 * age))[0]
        touched_at = created_at + rng.random() ** 2 * (now - created_at)
        done = status == Status.DONE
        due = (touched_at if done else now) + datetime.timedelta(days=rng.gauss(7, 14))
        yield (
            _sentence(TITLES, rng),
            "\n".join(_sentence(SENTENCES, rng) for _ in range(rng.choice((0, 0, 1, 2, 3)))),
            status,
            rng.choices(priorities, weights=(5, 20, 55, 20))[0],
            rng.choice(workers) if rng.random() < 0.8 else None,
            due.date() if rng.random() < 0.7 else None,
            rng.choice(workers),
            created_at,
            touched_at,
            touched_at if done else None,
        )


class _Words(dict):
    """For str.format_map: each `{name}` becomes one of WORDS[name]."""

    def __init__(self, rng):
        self.random = rng.random

    def __missing__(self, name):
        words = WORDS[name]
        return words[int(self.random() * len(words))]


def _sentence(templates, rng):
    text = rng.choice(templates).format_map(_Words(rng))
    return text[0].upper() + text[1:]


def _insert_tasks(organization, tasks):
    moment, day = connection.ops.adapt_datetimefield_value, connection.ops.adapt_datefield_value
    rows = (
        (organization.pk, *texts, priority, assignee, day(due), creator, moment(created), moment(updated), moment(done))
        for *texts, priority, assignee, due, creator, created, updated, done in tasks
    )
    with connection.cursor() as cursor:
        while batch := list(islice(rows, 10_000)):
            cursor.executemany(INSERT, batch)


def _publish_articles(organization, users, now):
    """ARTICLES with their comments, as they have become in the course of time; nobody is told of them."""
    moderator = users[PEOPLE[0][0]]
    for author, title, days, body, comments in ARTICLES:
        published_at = now - datetime.timedelta(days=days)
        article = Article.objects.create(
            organization=organization,
            author=users[author],
            title=title,
            slug=organization.articles.free_slug(title),
            body=body,
            status=ArticleStatus.PUBLISHED,
            published_at=published_at,
        )
        Article.objects.filter(pk=article.pk).update(created_at=published_at, updated_at=published_at)
        for commenter, hours, words, is_approved in comments:
            written_at = published_at + datetime.timedelta(hours=hours)
            Comment.objects.create(
                article=article,
                author=users[commenter],
                body=words,
                created_at=written_at,
                status=CommentStatus.APPROVED if is_approved else CommentStatus.PENDING,
                moderated_by=moderator if is_approved else None,
                moderated_at=written_at if is_approved else None,
            )
