"""How a view here finds its article: through what the person may see."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from articles import permissions


def visible_articles(request):
    """The articles of `request.organization` that who asks may see."""
    sees_drafts = permissions.can_see_drafts(request.role)
    return request.organization.articles.visible_to(request.user, sees_drafts).select_related("author")


def find_article(request, article_slug):
    """The visible article of the address. Raises Http404 where there is none: someone else's draft is none."""
    article = get_object_or_404(visible_articles(request), slug=article_slug)
    article.organization = request.organization  # is at hand: saves a query
    return article


def find_own_article(request, article_slug):
    """The article of the address, which who asks may edit. Raises Http404, and PermissionDenied where they may not."""
    article = find_article(request, article_slug)
    require(permissions.can_edit_article(request.role, request.user, article))
    return article


def require(allowed):
    """Raise PermissionDenied, a 403, unless `allowed`."""
    if not allowed:
        raise PermissionDenied
