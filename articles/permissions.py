"""Who may do what with the articles of an organization they belong to. `role` is their Role there.

    owner, admin   write, edit and delete every article, see every draft, moderate comments
    member         writes articles, edits and publishes their own, comments
    viewer         reads what is published or archived

An author who becomes a viewer still sees their own drafts. What one does not see is a 404, what one sees but may not
do is a 403.
"""

from orgs.models import Role

WRITERS = frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER})
MODERATORS = frozenset({Role.OWNER, Role.ADMIN})


def can_write_articles(role):
    return role in WRITERS


def can_see_drafts(role):
    """Those of others: everybody sees their own."""
    return role in MODERATORS


def can_edit_article(role, user, article):
    """Change its text, publish, schedule, withdraw and archive it."""
    return role in MODERATORS or (role in WRITERS and article.author_id == user.pk)


def can_delete_article(role, user, article):
    """What others may have read and commented on is deleted by moderators only."""
    return role in MODERATORS or (can_edit_article(role, user, article) and not article.has_been_public)


def can_comment(role, article):
    return role in WRITERS and article.takes_comments


def can_moderate_comments(role):
    return role in MODERATORS
