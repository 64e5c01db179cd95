"""An article and its life:

    draft ──publish──────────────────► published ──archive──► archived
      │  ▲                              ▲  │  ▲                  │
      │  └────────── withdraw ──────────┼──┘  └──── publish ─────┘
      └──schedule──► scheduled ─────────┘  publish, by hand or when its time has come

Every step is one conditional UPDATE; its row count says who took it. Members are told of an article once, at its first
publication; the row that remembers this is written in the same transaction (`ArticleNotification`).

A schedule is as good as the word of who made it: where they may no longer publish the article when its time comes,
because they have left or lost that right, it becomes a draft again.
"""

from copy import copy
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import validate_name
from articles import permissions
from articles.markdown import render
from orgs.models import Organization
from realtime.models import Event

#: Of how many articles of one author members are told within how long: enough for a busy day, too few for a flood.
TOLD_LIMIT = 20
TOLD_WITHIN = timedelta(hours=1)
#: Addresses below an organization's articles that are pages of Roost.
RESERVED_SLUGS = frozenset({"comments", "new"})


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")  # its author and the organization's admins see it
    SCHEDULED = "scheduled", _("Scheduled")  # a draft that becomes published at `publish_at`
    PUBLISHED = "published", _("Published")  # every member reads it
    ARCHIVED = "archived", _("Archived")  # every member may still read it; it is not listed and takes no comments


validate_title = RegexValidator(
    validate_name.regex, _("A title cannot contain control characters."), inverse_match=True
)  # it goes into mail headers, as a name does

#: What every member of the organization may read.
PUBLIC = (Status.PUBLISHED, Status.ARCHIVED)


class ArticleQuerySet(models.QuerySet):
    def visible_to(self, user, sees_drafts):
        """Those of an organization that its member `user` may see; `sees_drafts`: those of others too."""
        if sees_drafts:
            return self
        return self.filter(models.Q(status__in=PUBLIC) | models.Q(author=user))

    def search(self, text):
        """Those whose title or body contains `text`, upper and lower case alike."""
        return self.filter(models.Q(title__icontains=text) | models.Q(body__icontains=text))

    def due(self, now):
        """The scheduled ones whose time has come at `now` (an aware datetime)."""
        return self.filter(status=Status.SCHEDULED, publish_at__lte=now)

    def told_around(self, moment):
        """When members were, or will be, told of these articles, less than TOLD_WITHIN from the `moment`: datetimes, in
        order."""
        begin, end = moment - TOLD_WITHIN, moment + TOLD_WITHIN
        told = self.filter(notifications__created_at__gt=begin, notifications__created_at__lt=end)
        planned = self.filter(status=Status.SCHEDULED, publish_at__gt=begin, publish_at__lt=end, notifications=None)
        return sorted(
            [*told.values_list("notifications__created_at", flat=True), *planned.values_list("publish_at", flat=True)]
        )

    def free_slug(self, title):
        """A slug for `title` that none of these articles has: "Our plan" gives our-plan, or our-plan-2."""
        base = slugify(title)[:80].strip("-") or "article"
        taken = RESERVED_SLUGS | set(self.filter(slug__startswith=base).values_list("slug", flat=True))
        candidates = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
        return next(slug for slug in candidates if slug not in taken)


class ArticleFlood(Exception):
    """Members are told of as many articles of the author as they may be within an hour; `wait` is the number of seconds
    until then they may be told of another one."""

    def __init__(self, wait):
        super().__init__(f"again in {wait:.0f} s")
        self.wait = wait


class Article(models.Model):
    """Something that a member writes for the others, in Markdown."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="articles", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="articles")
    title = models.CharField(max_length=200, validators=[validate_title])
    slug = models.SlugField(max_length=100, db_index=False)
    body = models.TextField(max_length=60_000)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    publish_at = models.DateTimeField(null=True, editable=False)
    # None for the author. No index: only deleting an account would use it.
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )
    published_at = models.DateTimeField(null=True, editable=False)  # for the first time: an article stays in its place
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    # One order for the list, whatever the status: pages are cut by comparing with the last row seen.
    listed_at = models.GeneratedField(
        expression=Coalesce("published_at", "created_at"), output_field=models.DateTimeField(), db_persist=True
    )

    objects = ArticleQuerySet.as_manager()

    #: The order of the list, newest first; the id makes it total.
    ORDER = ("-listed_at", "-id")

    class Meta:
        indexes = [
            models.Index(fields=["organization", "status", "-listed_at", "-id"], name="articles_article_list"),
            models.Index(
                fields=["publish_at"], condition=models.Q(status="scheduled"), name="articles_article_scheduled"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "slug"],
                name="articles_article_slug",
                violation_error_message=_("Another article has this address."),
            ),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="articles_article_status_known"),
            models.CheckConstraint(
                condition=models.Q(status="scheduled", publish_at__isnull=False)
                | (~models.Q(status="scheduled") & models.Q(publish_at=None)),
                name="articles_article_scheduled_has_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["published", "archived"]) | models.Q(published_at__isnull=False),
                name="articles_article_published_has_time",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def html(self):
        """The body, safe to put into a page."""
        return render(self.body)

    @property
    def is_public(self):
        """Every member of the organization may read it."""
        return self.status in PUBLIC

    @property
    def takes_comments(self):
        return self.status == Status.PUBLISHED

    @property
    def has_been_public(self):
        """Its address may stand in an e-mail or a bookmark: it does not change any more."""
        return self.published_at is not None

    # ---- its text

    def save(self, *args, **kwargs):
        is_new = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            if not is_new:
                self._tell_of_change()

    def delete(self, *args, **kwargs):
        as_it_was = copy(self)
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            as_it_was._tell_of_change()
        return deleted

    # ---- its life; each step returns False where the article was not there to take it

    def publish(self) -> bool:
        """Show it to every member now, and tell them, unless they have been told before. Raises ArticleFlood."""
        with transaction.atomic():
            self._require_room(timezone.now())
            return self._publish(Article.objects.exclude(status=Status.PUBLISHED))

    def publish_if_due(self, now) -> bool:
        """Publish it where it still is scheduled for `now` or before: of several that try, one does. Where whoever
        scheduled it may no longer do that, it becomes a draft."""
        due = Article.objects.due(now)
        if self._is_vouched():
            return self._publish(due)
        self._step(due, status=Status.DRAFT, publish_at=None)
        return False

    def schedule(self, publish_at, by=None) -> bool:
        """Have it published at `publish_at` (an aware datetime), or at once where that has passed.

        `by`: the User whose doing it is; None for the author. Raises ArticleFlood, so that its time may come without:
        what is scheduled is published.
        """
        waiting = Article.objects.filter(status__in=[Status.DRAFT, Status.SCHEDULED])
        with transaction.atomic():
            self._require_room(max(publish_at, timezone.now()))
            return self._step(waiting, status=Status.SCHEDULED, publish_at=publish_at, scheduled_by=by)

    def withdraw(self) -> bool:
        """Make it a draft again; mail about it that has not left yet is not sent."""
        shown = Article.objects.filter(status__in=[Status.SCHEDULED, Status.PUBLISHED])
        return self._step(shown, status=Status.DRAFT, publish_at=None)

    def archive(self) -> bool:
        return self._step(Article.objects.filter(status=Status.PUBLISHED), status=Status.ARCHIVED)

    def _is_vouched(self):
        """Whether whoever scheduled it may publish it now."""
        person = self.scheduled_by or self.author
        role = person and person.is_active and self.organization.role_of(person)
        return bool(role) and permissions.can_edit_article(role, person, self)

    def _require_room(self, moment):
        """Raise ArticleFlood where members cannot be told of it at the `moment`, and have not been before.

        Looking both ways leaves no hour with more than TOLD_LIMIT, in whatever order articles are scheduled.
        """
        if self.author_id is None or self.notifications.exists():
            return
        # Steps with articles of one person at once stand in line here (on SQLite already at BEGIN IMMEDIATE).
        get_user_model().objects.select_for_update(no_key=True).get(pk=self.author_id)
        times = Article.objects.filter(author=self.author_id).exclude(pk=self.pk).told_around(moment)
        if len(times) >= TOLD_LIMIT:
            raise ArticleFlood((times[-TOLD_LIMIT] + TOLD_WITHIN - moment).total_seconds())

    def _publish(self, candidates):
        columns = {"published_at": Coalesce("published_at", timezone.now()), "publish_at": None}
        with transaction.atomic():
            if not candidates.filter(pk=self.pk).update(status=Status.PUBLISHED, **columns):
                return False
            self.notifications.announce("published")
            Event.tell("article.published", organization_id=self.organization_id, article=self.pk)
        self.refresh_from_db()
        return True

    def _step(self, candidates, **columns):
        with transaction.atomic():
            taken = candidates.filter(pk=self.pk).update(**columns) == 1
            self.refresh_from_db()
            if taken:
                self._tell_of_change()
        return taken

    def _tell_of_change(self):
        """Tell open pages, unless nobody but its author and moderators has ever seen it."""
        if self.has_been_public:
            Event.tell("article.changed", organization_id=self.organization_id, article=self.pk)
