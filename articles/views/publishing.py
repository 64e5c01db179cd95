"""The steps of an article's life, one view each. The model says which are possible; none does any harm twice."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from articles.forms import ScheduleForm
from articles.models import Status
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
    return _done(request, article, article.publish(), words)


@require_POST
@in_organization()
def schedule_article(request, article_slug):
    article = find_own_article(request, article_slug)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return render_article(request, article, schedule_form=form)
    taken = article.schedule(form.cleaned_data["publish_at"], by=request.user)
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
