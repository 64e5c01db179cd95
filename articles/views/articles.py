from contextlib import nullcontext

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles import markdown, permissions
from articles.forms import ArticleFilter, ArticleForm, CommentForm, ScheduleForm
from articles.models import Article, Comment
from articles.views.access import find_article, find_own_article, require, visible_articles
from orgs.http import in_organization, show
from orgs.paging import paginate
from orgs.time_limit import SEARCH_LIMIT, TOO_LONG, TookTooLong, time_limit

#: Comments on one page of an article.
COMMENTS_PER_PAGE = 50


@require_safe
@in_organization()
def article_list(request):
    may_moderate = permissions.can_moderate_comments(request.role)
    filter = ArticleFilter(request.GET)
    context = {
        "filter": filter,
        "may_write": permissions.can_write_articles(request.role),
        "may_moderate": may_moderate,
        "waiting": Comment.objects.in_organization(request.organization).waiting().count() if may_moderate else 0,
    }
    if filter.is_valid():
        try:
            context["page"] = find(request, filter)
        except TookTooLong:
            filter.add_error("q", TOO_LONG)
    return show(request, "articles/article_list.html", context, status=200 if filter.is_valid() else 400)


def find(request, filter):
    """The page of the articles that a valid ArticleFilter lets pass. Raises TookTooLong."""
    with time_limit(SEARCH_LIMIT) if filter.cleaned_data["q"] else nullcontext():
        return paginate(filter.apply(visible_articles(request)), Article.ORDER, request.GET)


@in_organization(permissions.can_write_articles)
def create_article(request):
    return _write(request, Article(organization=request.organization, author=request.user))


@in_organization()
def edit_article(request, article_slug):
    return _write(request, find_own_article(request, article_slug))


def _write(request, article):
    """The form of an article: shows it, shows a preview of what stands in it, or saves it."""
    context = {"article": article}
    if article.pk:
        context["may_delete"] = permissions.can_delete_article(request.role, request.user, article)
    if "preview" in request.POST:  # nothing is judged yet
        form = ArticleForm(instance=article, initial=request.POST.dict())
        context["preview"] = markdown.render(form.text_so_far())
        if request.htmx:
            return show(request, "articles/preview.html", context)
    else:
        form = ArticleForm(request.POST or None, instance=article)
        if request.method == "POST" and form.is_valid() and form.try_save():
            messages.success(request, _("The article is saved."))
            return redirect("article_detail", slug=request.organization.slug, article_slug=article.slug)
    return show(request, "articles/article_form.html", context | {"form": form})


@require_safe
@in_organization()
def article_detail(request, article_slug):
    return render_article(request, find_article(request, article_slug))


def render_article(request, article, comment_form=None, schedule_form=None, refused="", status=200):
    """The page of an article, also where one of its two forms was refused. `refused` says why it was not published."""
    may_moderate = permissions.can_moderate_comments(request.role)
    comments = article.comments.visible_to(request.user).select_related("author")
    context = {
        "article": article,
        "refused": refused,
        "page": paginate(comments, Comment.ORDER, request.GET, COMMENTS_PER_PAGE),
        "comment_form": comment_form or CommentForm(),
        "schedule_form": schedule_form or ScheduleForm(initial={"publish_at": article.publish_at}),
        "may_edit": permissions.can_edit_article(request.role, request.user, article),
        "may_comment": permissions.can_comment(request.role, article),
        "may_moderate": may_moderate,
        "waiting": article.comments.waiting().count() if may_moderate else 0,
    }
    return show(request, "articles/article_detail.html", context, status=status)


@in_organization()
def delete_article(request, article_slug):
    article = find_article(request, article_slug)
    require(permissions.can_delete_article(request.role, request.user, article))
    if request.method == "POST":
        article.delete()
        messages.success(request, _("“%(title)s” is deleted.") % {"title": article.title})
        return redirect("article_list", slug=request.organization.slug)
    return show(request, "articles/delete_article.html", {"article": article})
