"""Telling people of an article or a comment, each of them once.

    publish, comment, approve ──same transaction──► Notification ──batches──► one Email per person who wants it

The row is unique on (subject, kind), and an e-mail on its key, such as `article:12:published:user:5`: however often a
notification is made or run, and wherever it was killed, nobody is told twice. Just before an e-mail leaves, two
questions are asked once more: is it still wanted, and is the person still a recipient?
"""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles import mail
from articles.models.article import PUBLIC, Article, Status
from articles.models.comment import Comment, CommentStatus
from articles.permissions import MODERATORS
from jobs.errors import Cancelled
from jobs.models import Job, JobQuerySet, Outcome
from jobs.models import Status as JobStatus
from mail import outbox, preferences
from mail.models import Email

#: People whose e-mails are written in one transaction: short ones let others write in between.
BATCH = 100
#: Until then whoever has just found an e-mail withdrawn has noted so.
SETTLED = timedelta(minutes=1)


class NotificationQuerySet(JobQuerySet):
    def expired(self, now):
        """None, as long as what they tell of is there: its row remembers that people have been told."""
        return self.none()


class NotificationManager(models.Manager.from_queryset(NotificationQuerySet)):
    def announce(self, kind):
        """Have people told, within the transaction of what they are told of: `article.notifications.announce(kind)`.

        Who was told before is not told again; whom a withdrawal kept from being told is told now.
        """
        notification, is_new = self.get_or_create(kind=kind)
        if not is_new:
            notification.make_good()


class Notification(Job):
    """Fans out one Email per recipient. A subclass names its subject, and says who is told of it and when no longer."""

    queue = "emails"
    #: The name of the foreign key to what people are told of; it begins the keys of the e-mails.
    subject: str
    #: Of which rows there still is something to tell.
    WANTED: models.Q

    objects = NotificationManager()

    class Meta(Job.Meta):
        abstract = True

    def recipients(self):
        """The users whom it concerns, whether they want e-mails or not. A subclass says who."""
        raise NotImplementedError

    def is_wanted(self) -> bool:
        """Whether there still is something to tell, as the database knows it now."""
        return type(self).objects.filter(self.WANTED, pk=self.pk).exists()

    # ---- while it runs

    def perform(self):
        recipients = preferences.wanting(self.recipients(), self._mail_kind).order_by("pk")
        self.heartbeat(0, total=recipients.count())
        told, last = 0, 0
        while batch := list(recipients.filter(pk__gt=last)[:BATCH]):
            if not self.is_wanted():
                self._end(Outcome.CANCELLED, _("Withdrawn."), status=JobStatus.CANCELLED)
                raise Cancelled
            self._tell(batch)
            told, last = told + len(batch), batch[-1].pk
            self.heartbeat(told)

    def _tell(self, people):
        keys = {self.key(user): user for user in people}
        written = Email.objects.filter(key__in=keys)
        known = set(written.exclude(pk__in=written.withdrawn()).values_list("key", flat=True))
        drafts = [self._draft(key, user) for key, user in keys.items() if key not in known]
        with transaction.atomic():
            # One that was withdrawn has never left; its words may be outdated, so that it is written anew.
            written.withdrawn().delete()
            outbox.post_many(drafts)

    def _draft(self, key, user):
        subject, text, html = mail.write(self._mail_kind, self, user)
        return outbox.draft(self._mail_kind, key, to=user.email, user=user, subject=subject, text=text, html=html)

    @property
    def _mail_kind(self):
        return mail.KINDS[self.subject, self.kind]

    def key(self, user):
        """What its e-mail to `user` is called."""
        return f"{self.subject}:{getattr(self, f'{self.subject}_id')}:{self.kind}:user:{user.pk}"

    def doubt(self, error: str) -> bool:
        """People may have been told already, and their e-mails are not here: where those must not come twice, a person
        decides whether to `retry`. Returns whether one has to."""
        if self._mail_kind.resend:
            return False
        rows = type(self).objects.not_done().filter(pk=self.pk, status=JobStatus.PENDING)
        return rows.update(status=JobStatus.FAILED, error=error, finished_at=timezone.now()) == 1

    # ---- when it is wanted again

    def make_good(self):
        """Go through the recipients once more, for those whom a withdrawal has kept from being told.

        It may be doing so just now: one that runs is stopped and begins again, like one that has ended.
        """
        job = type(self).objects.select_for_update(no_key=True).get(pk=self.pk)
        if job.status == JobStatus.RUNNING:
            job._back_to_pending(Outcome.INTERRUPTED, _("Wanted again."), "", SETTLED)
        elif job.status != JobStatus.PENDING:
            job.status, job.run_after, job.finished_at = JobStatus.PENDING, timezone.now() + SETTLED, None
            job.save(update_fields=["status", "run_after", "finished_at"])
            job.ring()


class ArticleNotification(Notification):
    """Members are told that an article was published."""

    class Kind(models.TextChoices):
        PUBLISHED = "published", _("Published")

    subject = "article"
    WANTED = models.Q(article__status=Status.PUBLISHED)
    doorbell = "articles.tasks.run_article_notification"
    organization_path = "article__organization"
    person_path = "article__author"

    article = models.ForeignKey(Article, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)

    class Meta(Notification.Meta):
        verbose_name = _("article notification")
        constraints = [models.UniqueConstraint(fields=["article", "kind"], name="articles_articlenotification_once")]

    @property
    def title(self):
        return _("Tell members of the article “%(title)s”") % {"title": self.article.title}

    def recipients(self):
        # Who came later finds it in the list: published again after a year it is no news.
        return _members(self.article.organization_id, created_at__lte=self.created_at)


class CommentNotification(Notification):
    """Moderators are told of a comment that waits; the article's author and its commenters of one that appeared."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted")
        APPROVED = "approved", _("Approved")

    subject = "comment"
    WANTED = models.Q(kind="submitted", comment__status=CommentStatus.PENDING) | models.Q(
        kind="approved", comment__status=CommentStatus.APPROVED, comment__article__status__in=PUBLIC
    )
    doorbell = "articles.tasks.run_comment_notification"
    organization_path = "comment__article__organization"
    person_path = "comment__author"

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)

    class Meta(Notification.Meta):
        verbose_name = _("comment notification")
        constraints = [models.UniqueConstraint(fields=["comment", "kind"], name="articles_commentnotification_once")]

    @property
    def title(self):
        words = {
            self.Kind.SUBMITTED: _("Tell of a comment on “%(title)s” (submitted)"),
            self.Kind.APPROVED: _("Tell of a comment on “%(title)s” (approved)"),
        }
        return words[self.kind] % {"title": self.comment.article.title}

    def recipients(self):
        comment, article = self.comment, self.comment.article
        if self.kind == self.Kind.SUBMITTED:
            return _members(article.organization_id, role__in=MODERATORS).exclude(pk=comment.author_id)
        earlier = article.comments.filter(status=CommentStatus.APPROVED, created_at__lte=self.created_at)
        concerned = models.Q(pk=article.author_id) | models.Q(pk__in=earlier.values("author"))
        return _members(article.organization_id).filter(concerned).exclude(pk=comment.moderated_by_id)


def _members(organization_id, **membership):
    """The members of an organization who may sign in, those whose membership has these columns."""
    conditions = {f"memberships__{name}": value for name, value in membership.items()}
    users = get_user_model().objects.filter(is_active=True)
    return users.filter(memberships__organization=organization_id, **conditions)


def is_still_wanted(email) -> bool:
    """Whether one of our e-mails still has a reason, and its recipient may still see what it tells of.

    (Whether they still want it, the outbox asks itself.)
    """
    subject, pk, kind, _user, user_id = email.key.split(":")
    model, path = {
        "article": (ArticleNotification, "article"),
        "comment": (CommentNotification, "comment__article"),
    }[subject]
    wanted = model.objects.select_related(path).filter(model.WANTED, **{subject: pk, "kind": kind})
    notification = wanted.first()
    return notification is not None and notification.recipients().filter(pk=user_id).exists()
