import math

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from articles import permissions
from articles.forms import CommentForm, ModerationForm, QueueFilter
from articles.models import Comment
from articles.models.comment import CommentFlood
from articles.templatetags.moderation import waiting_comments
from articles.views.access import find_article, require
from articles.views.articles import render_article
from orgs.http import in_organization, show, way_back
from orgs.paging import paginate


@require_POST
@in_organization()
def write_comment(request, article_slug):
    article = find_article(request, article_slug)
    require(permissions.can_comment(request.role, article))
    form = CommentForm(request.POST)
    if not form.is_valid():
        return render_article(request, article, comment_form=form)
    is_moderator = permissions.can_moderate_comments(request.role)
    try:
        comment = Comment.objects.submit(article, request.user, form.cleaned_data["body"], is_moderator)
    except CommentFlood as flood:
        return _refuse_flood(request, article, form, math.ceil(flood.wait))
    if is_moderator:
        messages.success(request, _("Your comment is published."))
    else:
        messages.success(request, _("Thank you. Your comment appears as soon as a moderator has approved it."))
    address = reverse("article_detail", args=[request.organization.slug, article.slug])
    return redirect(f"{address}#comment-{comment.pk}")


def _refuse_flood(request, article, form, seconds):
    number = seconds if seconds < 100 else math.ceil(seconds / 60)
    if seconds < 100:
        words = ngettext(
            "You have just written many comments. Please try again in %(number)d second.",
            "You have just written many comments. Please try again in %(number)d seconds.",
            number,
        )
    else:
        words = ngettext(
            "You have just written many comments. Please try again in %(number)d minute.",
            "You have just written many comments. Please try again in %(number)d minutes.",
            number,
        )
    form.add_error(None, words % {"number": number})
    response = render_article(request, article, comment_form=form, status=429)
    response["Retry-After"] = str(seconds)
    return response


@require_safe
@in_organization(permissions.can_moderate_comments)
def comment_queue(request):
    return _render_queue(request)


@require_safe
@in_organization(permissions.can_moderate_comments)
def count_waiting(request):
    """The number in the header, for a page that updates it."""
    return render(request, "articles/waiting_comments.html", waiting_comments(request.organization, request.role))


@require_POST
@in_organization(permissions.can_moderate_comments)
def approve_comments(request):
    return _moderate(
        request, Comment.approve, lambda n: ngettext("%(n)d comment approved.", "%(n)d comments approved.", n)
    )


@require_POST
@in_organization(permissions.can_moderate_comments)
def reject_comments(request):
    return _moderate(
        request, Comment.reject, lambda n: ngettext("%(n)d comment rejected.", "%(n)d comments rejected.", n)
    )


def _moderate(request, verb, in_words):
    """`in_words` says of how many comments it was done."""
    form = ModerationForm(request.POST, request.organization)
    if not form.is_valid():
        return _render_queue(request, form, status=400)
    changed = sum(verb(comment, request.user) for comment in form.cleaned_data["comment"])
    messages.success(request, in_words(changed) % {"n": changed})
    return redirect(way_back(request) or reverse("comment_queue", args=[request.organization.slug]))


def _render_queue(request, form=None, status=200):
    filter = QueueFilter(request.GET)
    context = {"filter": filter, "form": form}
    if not filter.is_valid():
        return show(request, "articles/comment_queue.html", context, status=400)
    comments = Comment.objects.in_organization(request.organization).filter(status=filter.wanted)
    comments = comments.select_related("author", "article", "moderated_by")
    context |= {"status": filter.wanted, "page": paginate(comments, Comment.QUEUE_ORDER, request.GET)}
    return show(request, "articles/comment_queue.html", context, status=status)
