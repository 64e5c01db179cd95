"""Drafts are deleted by their authors, everything by owners and admins, after a second look."""

import pytest

from articles.models import Article, ArticleNotification, Comment, Status
from tests.articles.builders import at, browser, make_article, make_comment


def test_it_works(cast):
    make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT)
    carol = browser(cast.carol)
    assert "Delete “Plan”?" in carol.get(at("plan/delete/")).content.decode()
    assert Article.objects.exists()
    response = carol.post(at("plan/delete/"), follow=True)
    assert "“Plan” is deleted." in response.content.decode()
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("name", "answer"), [("alice", 302), ("bob", 302), ("carol", 403), ("dave", 403), ("mallory", 404)]
)
def test_what_was_public_is_deleted_by_moderators(cast, name, answer):
    article = make_article(cast.acme, cast.carol, "Plan", status=Status.ARCHIVED)
    make_comment(article, cast.bob)
    assert browser(getattr(cast, name)).post(at("plan/delete/")).status_code == answer
    assert Article.objects.exists() == (answer != 302)


def test_author_of_a_withdrawn_article_does_not_delete_it(cast):
    article = make_article(cast.acme, cast.carol, "Plan")
    article.withdraw()
    assert browser(cast.carol).post(at("plan/delete/")).status_code == 403


def test_comments_and_notifications_go_too(cast):
    article = make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT)
    article.publish()
    Comment.objects.submit(article, cast.carol, "Hm.", is_moderator=False)
    browser(cast.alice).post(at("plan/delete/"))
    assert not Comment.objects.exists()
    assert not ArticleNotification.objects.exists()
