from django import template

from articles.models import Comment
from articles.permissions import can_moderate_comments

register = template.Library()


@register.inclusion_tag("articles/waiting_comments.html")
def waiting_comments(organization, role):
    """How many comments wait: a number in a moderator's header that keeps itself up to date. No query for others."""
    if not can_moderate_comments(role):
        return {}
    waiting = Comment.objects.in_organization(organization).waiting().count()
    return {"organization": organization, "waiting": waiting}
