"""The steps of an article's life, one view each. The model says which are possible; none does any harm twice."""

import math

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from articles.forms import ScheduleForm
from articles.models import Status
from articles.models.article import TOLD_LIMIT, ArticleFlood
from articles.views.access import find_own_article
from articles.views.articles import render_article
from orgs.http import in_organization

#: What is said where a step could not be taken.
UNCHANGED = {
    Status.DRAFT: _("Nothing changed: the article is draft."),
    Status.SCHEDULED: _("Nothing changed: the article is scheduled."),
    Status.PUBLISHED: _("Nothing changed: the article is published."),
    Status.ARCHIVED: _("Nothing changed: the article is archived."),
}


@require_POST
@in_organization()
def publish_article(request, article_slug):
    article = find_own_article(request, article_slug)
    words = _("Published again.") if article.has_been_public else _("Published. Who wants to know is told by e-mail.")
    try:
        return _done(request, article, article.publish(), words)
    except ArticleFlood as flood:
        return _refuse_flood(request, article, math.ceil(flood.wait))


def _refuse_flood(request, article, seconds):
    words = [
        gettext("Within an hour members are told of %(number)d articles by one author at most.")
        % {"number": TOLD_LIMIT},
        ngettext(
            "Please try again in %(number)d minute, or schedule this one.",
            "Please try again in %(number)d minutes, or schedule this one.",
            math.ceil(seconds / 60),
        )
        % {"number": math.ceil(seconds / 60)},
    ]
    response = render_article(request, article, refused=" ".join(words), status=429)
    response["Retry-After"] = str(seconds)
    return response


@require_POST
@in_organization()
def schedule_article(request, article_slug):
    article = find_own_article(request, article_slug)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return render_article(request, article, schedule_form=form)
    try:
        taken = article.schedule(form.cleaned_data["publish_at"], by=request.user)
    except ArticleFlood:
        words = gettext(
            "Within an hour members are told of %(number)d articles by one author at most: choose another time."
        )
        form.add_error("publish_at", words % {"number": TOLD_LIMIT})
        return render_article(request, article, schedule_form=form)
    return _done(request, article, taken, _("Scheduled. It will be published by itself."))


@require_POST
@in_organization()
def withdraw_article(request, article_slug):
    article = find_own_article(request, article_slug)
    return _done(request, article, article.withdraw(), _("It is a draft again."))


@require_POST
@in_organization()
def archive_article(request, article_slug):
    article = find_own_article(request, article_slug)
    return _done(request, article, article.archive(), _("Archived. It can still be read, but is no longer listed."))


def _done(request, article, taken, words):
    if taken:
        messages.success(request, words)
    else:
        messages.info(request, UNCHANGED[article.status])
    return redirect("article_detail", slug=request.organization.slug, article_slug=article.slug)
