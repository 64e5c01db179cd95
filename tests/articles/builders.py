"""Articles and comments as tests need them, and a browser that asks for pages."""

import itertools
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from articles.models import Article, Comment, CommentStatus, Status

_numbers = itertools.count(1)


def make_article(organization, author, title=None, **fields):
    """An article, published a day ago unless `status` says otherwise; nobody is told of it."""
    title = title or f"Article {next(_numbers)}"
    fields = {"status": Status.PUBLISHED, "body": "Some *words*.", **fields}
    if fields["status"] in (Status.PUBLISHED, Status.ARCHIVED):
        fields.setdefault("published_at", timezone.now() - timedelta(days=1))
    if fields["status"] == Status.SCHEDULED:
        fields.setdefault("publish_at", timezone.now() + timedelta(days=1))
    slug = organization.articles.free_slug(title)
    return Article.objects.create(organization=organization, author=author, title=title, slug=slug, **fields)


def make_comment(article, author, body="Well said.", status=CommentStatus.APPROVED, **fields):
    """A comment of an hour ago, approved unless `status` says otherwise; nobody is told of it."""
    fields.setdefault("created_at", timezone.now() - timedelta(hours=1))
    return Comment.objects.create(article=article, author=author, body=body, status=status, **fields)


def browser(user):
    """A Client that is signed in as `user` and asks for pages, as browsers do."""
    client = Client(headers={"accept": "text/html"})
    client.force_login(user)
    return client


def at(path="", organization="acme"):
    """The address of a page below an organization's articles."""
    return f"/orgs/{organization}/articles/{path}"


def text_of(message):
    """The plain text of an e-mail as a server took it, with lines as ours end."""
    return message.get_body(["plain"]).get_content().replace("\r\n", "\n")
