from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.markdown import render
from articles.models.article import Article
from articles.permissions import MODERATORS
from orgs.models import Membership
from realtime.models import Event

#: How many comments one person may write in how long: enough for a lively talk, too few for a flood.
LIMITS = ((5, timedelta(minutes=1)), (60, timedelta(hours=1)))


class CommentStatus(models.TextChoices):
    PENDING = "pending", _("Waiting for approval")  # its author and the moderators see it
    APPROVED = "approved", _("Approved")  # everybody who sees the article sees it
    REJECTED = "rejected", _("Rejected")  # the moderators see it, in their queue


class CommentQuerySet(models.QuerySet):
    def in_organization(self, organization):
        return self.filter(article__organization=organization)

    def waiting(self):
        return self.filter(status=CommentStatus.PENDING)

    def visible_to(self, user):
        """Below an article: what was approved, and what `user` wrote and waits for it."""
        return self.filter(
            models.Q(status=CommentStatus.APPROVED) | models.Q(status=CommentStatus.PENDING, author=user)
        )

    def seconds_until_allowed(self, author, now):
        """How long `author` has to wait before the next comment: 0 where none of LIMITS is reached."""
        wait = 0
        for count, period in LIMITS:
            recent = self.filter(author=author, created_at__gt=now - period).order_by("-created_at")
            times = list(recent.values_list("created_at", flat=True)[:count])
            if len(times) == count:
                wait = max(wait, (times[-1] + period - now).total_seconds())
        return wait

    def submit(self, article, author, body, is_moderator):
        """Write a comment, and have the moderators told of it; a moderator's own is approved at once.

        Returns the comment. Raises CommentFlood where the author has just written many.
        """
        now = timezone.now()
        with transaction.atomic():
            # Comments of one person that arrive at once stand in line here (on SQLite already at BEGIN IMMEDIATE).
            get_user_model().objects.select_for_update(no_key=True).get(pk=author.pk)
            if wait := self.seconds_until_allowed(author, now):
                raise CommentFlood(wait)
            comment = self.create(article=article, author=author, body=body, created_at=now)
            if is_moderator:
                comment.approve(author)
            else:
                comment.notifications.announce("submitted")
                moderators = Membership.objects.filter(organization=article.organization_id, role__in=MODERATORS)
                Event.tell_people("comment.submitted", moderators.values_list("user_id", flat=True), **comment.address)
        return comment


class CommentFlood(Exception):
    """Too many comments in a short time; `wait` is the number of seconds until the next one is taken."""

    def __init__(self, wait):
        super().__init__(f"again in {wait:.0f} s")
        self.wait = wait


class Comment(models.Model):
    """What a member says about an article, in Markdown. It appears once a moderator approved it."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="comments", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="comments", db_index=False
    )
    body = models.TextField(max_length=5_000)
    status = models.CharField(max_length=10, choices=CommentStatus.choices, default=CommentStatus.PENDING)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    moderated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    moderated_at = models.DateTimeField(null=True, editable=False)

    objects = CommentQuerySet.as_manager()

    #: Below an article the newest are first; the moderators' queue starts with those who wait longest.
    ORDER = ("-created_at", "-id")
    QUEUE_ORDER = ("created_at", "id")

    class Meta:
        indexes = [
            models.Index(fields=["article", "status", "created_at", "id"], name="articles_comment_article"),
            models.Index(fields=["status", "created_at", "id"], name="articles_comment_queue"),
            models.Index(fields=["author", "-created_at"], name="articles_comment_author"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=CommentStatus.values), name="articles_comment_status_known"
            ),
        ]

    def __str__(self):
        return f"comment {self.pk} on {self.article}"

    @property
    def html(self):
        """The body, safe to put into a page."""
        return render(self.body)

    def approve(self, moderator) -> bool:
        """Show it to everybody who sees the article, and tell those who wish to know. False where it was approved."""
        with transaction.atomic():
            if not self._moderate(CommentStatus.APPROVED, moderator):
                return False
            self.notifications.announce("approved")
            Event.tell("comment.approved", **self.address)
        return True

    def reject(self, moderator) -> bool:
        """Hide it from everybody but the moderators. False where it was rejected."""
        with transaction.atomic():
            if not self._moderate(CommentStatus.REJECTED, moderator):
                return False
            Event.tell("comment.rejected", **self.address)
        return True

    @property
    def address(self):
        """Where it is, for an Event."""
        return {"organization_id": self.article.organization_id, "article": self.article_id, "comment": self.pk}

    def _moderate(self, status, moderator):
        columns = {"status": status, "moderated_by": moderator, "moderated_at": timezone.now()}
        changed = Comment.objects.filter(pk=self.pk).exclude(status=status).update(**columns) == 1
        self.refresh_from_db()
        return changed
