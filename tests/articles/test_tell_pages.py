"""Open pages hear of articles and comments, and the header tells moderators how many wait."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Comment, CommentStatus
from realtime.models import Event
from tests.articles.builders import make_article, make_comment


@pytest.fixture(autouse=True)
def quiet(db):
    Event.objects.all().delete()


def told():
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def article(cast):
    article = make_article(cast.acme, cast.carol)
    Event.objects.all().delete()
    return article


def test_it_works(cast):
    article = make_article(cast.acme, cast.carol, status="draft")
    assert article.publish()
    event = Event.objects.get(kind="article.published")
    assert (event.organization_id, event.payload, event.user) == (cast.acme.pk, {"article": article.pk}, None)


def test_changes_of_what_was_public_are_told(article):
    article.title = "Another"
    article.save(update_fields=["title"])
    article.archive()
    article.publish()
    article.withdraw()
    article.delete()
    assert told() == ["article.changed", "article.changed", "article.published", "article.changed", "article.changed"]


def test_drafts_are_nobodys_business(cast):
    draft = make_article(cast.acme, cast.carol, status="draft")
    draft.save(update_fields=["title"])
    draft.schedule(timezone.now() + timedelta(hours=1))
    draft.withdraw()
    draft.delete()
    assert told() == []


def test_moderators_hear_of_a_comment_and_all_of_its_approval(cast, article):
    comment = Comment.objects.submit(article, cast.carol, "Well said.", is_moderator=False)
    ids = {"article": article.pk, "comment": comment.pk}
    events = Event.objects.filter(kind="comment.submitted")
    assert {event.user for event in events} == {cast.alice, cast.bob}
    assert {event.organization_id for event in events} == {cast.acme.pk}
    assert all(event.payload == ids for event in events)
    assert comment.approve(cast.bob)
    assert not comment.approve(cast.alice)
    event = Event.objects.get(kind="comment.approved")
    assert (event.organization_id, event.payload, event.user) == (cast.acme.pk, ids, None)
    assert comment.reject(cast.bob)
    assert told()[-1] == "comment.rejected"


# ---- the number in the header


def test_the_header_counts_what_waits(cast, article, client):
    client.force_login(cast.bob)
    address = "/orgs/acme/articles/comments/count/"
    assert "waiting for approval" not in client.get(address).content.decode()
    make_comment(article, cast.carol, status=CommentStatus.PENDING)
    for page in address, "/orgs/acme/tasks/":
        words = client.get(page, headers={"accept": "text/html"}).content.decode()
        assert 'id="comment-count"' in words
        assert '1<span class="visually-hidden"> comment waiting for approval' in words


def test_others_see_no_number(cast, article, client):
    make_comment(article, cast.carol, status=CommentStatus.PENDING)
    client.force_login(cast.carol)
    page = client.get("/orgs/acme/tasks/", headers={"accept": "text/html"}).content.decode()
    assert "comment-count" not in page
