"""The steps of an article's life, one view each. The model says which are possible; none does any harm twice."""

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from articles.forms import ScheduleForm
from articles.views.access import find_own_article
from articles.views.articles import render_article
from orgs.http import in_organization


@require_POST
@in_organization()
def publish_article(request, article_slug):
    article = find_own_article(request, article_slug)
    words = "Published again." if article.has_been_public else "Published. Who wants to know is told by e-mail."
    return _done(request, article, article.publish(), words)


@require_POST
@in_organization()
def schedule_article(request, article_slug):
    article = find_own_article(request, article_slug)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return render_article(request, article, schedule_form=form)
    taken = article.schedule(form.cleaned_data["publish_at"])
    return _done(request, article, taken, "Scheduled. It will be published by itself.")


@require_POST
@in_organization()
def withdraw_article(request, article_slug):
    article = find_own_article(request, article_slug)
    return _done(request, article, article.withdraw(), "It is a draft again.")


@require_POST
@in_organization()
def archive_article(request, article_slug):
    article = find_own_article(request, article_slug)
    return _done(request, article, article.archive(), "Archived. It can still be read, but is no longer listed.")


def _done(request, article, taken, words):
    if taken:
        messages.success(request, words)
    else:
        messages.info(request, f"Nothing changed: the article is {article.get_status_display().lower()}.")
    return redirect("article_detail", slug=request.organization.slug, article_slug=article.slug)
