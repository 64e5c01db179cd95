"""Members write articles and change their own; owners and admins change all."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from articles.forms import ArticleForm
from articles.models import Article, Status
from tests.articles.builders import at, browser, make_article


def test_it_works(cast, carol):
    response = carol.post(at("new/"), {"title": "Our plan", "body": "We *move*."}, follow=True)
    article = Article.objects.get()
    assert (article.organization, article.author, article.status) == (cast.acme, cast.carol, Status.DRAFT)
    assert (article.title, article.slug, article.body) == ("Our plan", "our-plan", "We *move*.")
    assert response.redirect_chain == [(at("our-plan/"), 302)]
    assert "The article is saved." in response.content.decode()


def test_preview_shows_the_text_and_saves_nothing(carol):
    response = carol.post(at("new/"), {"title": "", "slug": "X!", "body": "# Hi\n\n<script>", "preview": "1"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "<h2>Hi</h2>\n<p>&lt;script&gt;</p>" in page
    assert 'value="X!"' in page
    assert "# Hi" in page
    assert "errorlist" not in page
    assert not Article.objects.exists()


def test_preview_of_an_edit_changes_nothing(cast, carol):
    article = make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT, body="old")
    page = carol.post(at("plan/edit/"), {"title": "New", "body": "*new*", "preview": "1"}).content.decode()
    assert "<em>new</em>" in page
    assert 'value="New"' in page
    article.refresh_from_db()
    assert (article.title, article.body) == ("Plan", "old")


def test_preview_of_nothing(carol):
    response = carol.post(at("new/"), {"preview": "1"})
    assert "There is no text yet." in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": " \n "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "Plan\x07"}, "title"),
        ({"title": "Plan \u202e gnp.exe"}, "title"),
        ({"title": "Plan\x00"}, "title"),
        ({"body": ""}, "body"),
        ({"body": "x" * 60_001}, "body"),
        ({"body": "\x00"}, "body"),
        ({"slug": "no spaces"}, "slug"),
        ({"slug": "ünïcode"}, "slug"),
        ({"slug": "new"}, "slug"),
        ({"slug": "Comments"}, "slug"),
        ({"slug": "x" * 101}, "slug"),
    ],
)
def test_bad_input_is_named(carol, fields, field):
    response = carol.post(at("new/"), {"title": "Plan", "body": "x", **fields})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not Article.objects.exists()


def test_line_breaks_in_a_title_are_spaces(carol):
    carol.post(at("new/"), {"title": "Plan\r\nBcc: all@acme.test", "body": "x"})
    assert Article.objects.get().title == "Plan Bcc: all@acme.test"


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Our plan", "our-plan-2"), ("Comments", "comments-2"), ("новый план", "article"), ("x" * 200, "x" * 80)],
)
def test_slug_is_made_from_the_title(cast, carol, title, slug):
    make_article(cast.acme, cast.bob, "Our plan")
    carol.post(at("new/"), {"title": title, "body": "x"})
    assert Article.objects.latest("pk").slug == slug


def test_slug_of_another_article_is_refused(cast, carol):
    make_article(cast.acme, cast.bob, "Plan", status=Status.DRAFT)
    make_article(cast.elsewhere, cast.mallory, "Free")
    response = carol.post(at("new/"), {"title": "Mine", "slug": "PLAN", "body": "x"})
    assert response.context["form"].errors["slug"] == ["Another article has this address."]
    assert carol.post(at("new/"), {"title": "Mine", "slug": "free", "body": "x"}).status_code == 302


def test_address_stays_once_published(cast, carol):
    article = make_article(cast.acme, cast.carol, "Plan")
    carol.post(at("plan/edit/"), {"title": "Another", "slug": "another", "body": "x"})
    article.refresh_from_db()
    assert (article.title, article.slug) == ("Another", "plan")


def test_address_of_a_draft_changes(cast, carol):
    article = make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT)
    response = carol.post(at("plan/edit/"), {"title": "Plan", "slug": "another", "body": "x"})
    assert response.url == at("another/")
    article.refresh_from_db()
    assert article.slug == "another"


def test_others_articles_are_changed_by_owners_and_admins_only(cast):
    make_article(cast.acme, cast.carol, "Plan")
    make_article(cast.acme, cast.alice, "Alice's")
    change = {"title": "Changed", "body": "x"}
    assert browser(cast.bob).post(at("plan/edit/"), change).status_code == 302
    assert browser(cast.carol).post(at("alices/edit/"), change).status_code == 403
    assert browser(cast.dave).post(at("plan/edit/"), change).status_code == 403
    assert Article.objects.get(slug="alices").title == "Alice's"
    assert Article.objects.get(slug="plan").author == cast.carol


def test_author_who_became_a_viewer_edits_no_more(cast, carol):
    make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT)
    cast.acme.memberships.get(user=cast.carol).change_role("viewer")
    assert carol.get(at("plan/")).status_code == 200
    assert carol.get(at("plan/edit/")).status_code == 403
    assert carol.get(at("new/")).status_code == 403


def test_saving_does_not_undo_what_happened_meanwhile(cast):
    article = make_article(cast.acme, cast.carol, "Plan", status=Status.SCHEDULED)
    form = ArticleForm({"title": "Changed", "slug": "plan", "body": "x"}, instance=Article.objects.get(pk=article.pk))
    Article.objects.get(pk=article.pk).publish()
    assert form.is_valid()
    assert form.try_save()
    article.refresh_from_db()
    assert (article.title, article.status) == ("Changed", Status.PUBLISHED)
    assert article.publish_at is None


def test_address_taken_between_check_and_save_is_an_error_of_the_form(cast):
    first, second = (
        ArticleForm({"title": "Plan", "body": "x"}, instance=Article(organization=cast.acme, author=author))
        for author in (cast.alice, cast.bob)
    )
    assert first.is_valid()
    assert second.is_valid()
    assert first.try_save()
    assert not second.try_save()
    assert "slug" in second.errors


def test_updated_at_tells_of_edits(cast, carol, time_machine):
    article = make_article(cast.acme, cast.carol, "Plan")
    time_machine.move_to(timezone.now() + timedelta(days=1))
    carol.post(at("plan/edit/"), {"title": "Plan", "body": "new"})
    article.refresh_from_db()
    assert article.updated_at > timezone.now() - timedelta(hours=1)
    assert article.published_at < article.updated_at


def test_a_change_by_somebody_else_is_not_lost_unawares(cast, carol):
    article = make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT, body="old")
    mine = {"title": "Plan", "slug": "plan", "body": "mine", "version": version_in(carol.get(at("plan/edit/")))}
    theirs = {"title": "Plan", "slug": "plan", "body": "theirs"}
    assert browser(cast.alice).post(at("plan/edit/"), theirs).status_code == 302
    refused = carol.post(at("plan/edit/"), mine)
    assert "Somebody has changed this article since you opened it." in refused.content.decode()
    assert refused.context["form"]["body"].value() == "mine"
    article.refresh_from_db()
    assert article.body == "theirs"
    assert carol.post(at("plan/edit/"), mine | {"version": version_in(refused)}).status_code == 302
    article.refresh_from_db()
    assert article.body == "mine"


def test_saving_again_what_is_saved_already_is_no_change_by_somebody_else(cast, carol):
    """The answer to the first attempt may have been lost on its way."""
    make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT, body="old")
    form = {"title": "Plan", "slug": "plan", "body": "new", "version": version_in(carol.get(at("plan/edit/")))}
    for _ in range(2):
        assert carol.post(at("plan/edit/"), form).status_code == 302


def test_publishing_meanwhile_does_not_outdate_a_text(cast, carol):
    article = make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT, body="old")
    version = version_in(carol.get(at("plan/edit/")))
    article.publish()
    response = carol.post(at("plan/edit/"), {"title": "Plan", "slug": "plan", "body": "new", "version": version})
    assert response.status_code == 302


def version_in(response):
    [version] = re.findall(r'name="version" value="(\w+)"', response.content.decode())
    return version
