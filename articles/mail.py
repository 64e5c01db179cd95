"""What articles and comments write to people."""

import html
from functools import lru_cache

from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from articles import markdown
from mail.kinds import Kind
from mail.render import render

STILL_WANTED = "articles.models.notification.is_still_wanted"

ARTICLE_PUBLISHED = Kind(
    "article-published",
    label=_("Articles"),
    description=_("When an article is published"),
    resend=False,
    optional=True,
    still_wanted=STILL_WANTED,
)
COMMENT_WAITING = Kind(
    "comment-waiting",
    label=_("Moderation"),
    description=_("When a comment waits for your approval"),
    resend=True,
    optional=True,
    still_wanted=STILL_WANTED,
)
COMMENT_APPROVED = Kind(
    "comment-approved",
    label=_("Comments"),
    description=_("When a comment appears on an article that you wrote or commented on"),
    resend=False,
    optional=True,
    still_wanted=STILL_WANTED,
)

#: By what is told of, and what happened to it.
KINDS = {
    ("article", "published"): ARTICLE_PUBLISHED,
    ("comment", "submitted"): COMMENT_WAITING,
    ("comment", "approved"): COMMENT_APPROVED,
}
TEMPLATES = {
    ARTICLE_PUBLISHED: "articles/mail/article_published",
    COMMENT_WAITING: "articles/mail/comment_waiting",
    COMMENT_APPROVED: "articles/mail/comment_approved",
}

#: Words of a text that an e-mail quotes.
EXCERPT = 60


def write(kind: Kind, notification, user):
    """The subject, the text and the HTML of a notification's e-mail to `user`."""
    told_of = getattr(notification, notification.subject)
    article = told_of if notification.subject == "article" else told_of.article
    context = {
        "kind": kind,
        "user": user,
        "article": article,
        "organization": article.organization,
        "comment": None if told_of is article else told_of,
        "excerpt": excerpt(told_of.body),
    }
    return render(TEMPLATES[kind], context)


@lru_cache(maxsize=16)  # the same for all who are told
def excerpt(text: str) -> str:
    """The first words of a Markdown text, without markup."""
    return Truncator(" ".join(html.unescape(strip_tags(markdown.render(text))).split())).words(EXCERPT)
