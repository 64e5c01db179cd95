"""What is new to read, on the home page."""

from articles.models import Article
from articles.permissions import can_write_articles

SHOWN = 5


def latest_articles(request, memberships):
    """The newest published articles of one's organizations."""
    organizations = [each.organization_id for each in memberships]
    published = Article.objects.filter(organization__in=organizations, status="published")
    context = {
        "articles": list(
            published.defer("body").select_related("organization", "author").order_by(*Article.ORDER)[:SHOWN]
        ),
        "organizations": [each.organization for each in memberships if can_write_articles(each.role)],
        "several": len(memberships) > 1,
    }
    return "articles/home_articles.html", context
