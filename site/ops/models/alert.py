from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: How long a state has to last before it is raised: two looks, which are a minute apart.
HOLD = timedelta(seconds=50)
#: How long it has to be away before it counts as over. Doubled each time that it has come back, up to the cap.
CALM = timedelta(minutes=3)
CALM_CAP = timedelta(hours=6)
#: What comes back within this time after its end is the same alert.
RELAPSE = timedelta(hours=6)
#: Until then an end is worth telling.
NEWS = timedelta(days=1)
#: The longest pause between two reminders.
PAUSE_CAP = timedelta(days=7)


class Severity(models.TextChoices):
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class AlertQuerySet(models.QuerySet):
    def open(self):
        """Those that are not over, whether they have lasted long enough to be raised or not."""
        return self.filter(ended_at=None)

    def raised(self):
        return self.exclude(raised_at=None)

    def pressing(self, now=None):
        """What somebody should see to: open, raised and not muted."""
        now = now or timezone.now()
        return self.open().raised().filter(Q(muted_until=None) | Q(muted_until__lte=now))

    def lock(self, now):
        """Lock all that a look or a telling at `now` may write, until the end of the transaction. The oldest first: two
        that lock in different orders would wait for each other. (On SQLite a transaction has all of it alone.)"""
        lately = max(RELAPSE, NEWS)
        at_hand = self.filter(Q(ended_at=None) | Q(ended_at__gt=now - lately))
        list(at_hand.order_by("pk").select_for_update(no_key=True).values_list("pk"))

    def begin(self, condition, now):
        """Note that the condition (an `ops.alerts.conditions.Condition`) holds, which so far was not open.

        Of two consumers that both find it the constraint lets one insert it.
        """
        latest = self.filter(key=condition.key).order_by("-pk").first()
        if latest and latest.ended_at and latest.ended_at > now - RELAPSE:
            latest.relapse(condition, now)
            return
        alert = Alert(
            key=condition.key,
            severity=condition.severity,
            words=condition.words,
            remedy=condition.remedy,
            ends_silently=condition.ends_silently,
            since=now,
            last_seen=now,
            raised_at=now if condition.happened else None,
            muted_until=latest and latest.muted_until,
        )
        self.bulk_create([alert], ignore_conflicts=True)

    def with_untold_end(self, now):
        """Those that people have been told of, and whose end they do not know yet."""
        over = self.filter(ended_at__gt=now - NEWS, end_told_at=None, ends_silently=False, tellings__gt=0)
        return over.filter(Q(muted_until=None) | Q(muted_until__lte=models.F("ended_at")))

    def told_at_moment(self, moment, now):
        """What a message of that moment still has to tell: ends, and what goes on and has not been told again since, or
        is over without a word."""
        lately = Q(ended_at__gt=now - NEWS)
        goes_on = Q(told_at=moment) & (Q(ended_at=None) | lately & Q(ends_silently=True))
        return self.filter(goes_on | lately & Q(end_told_at=moment))


class Alert(models.Model):
    """Something that whoever operates the installation should know, from when it was first seen until it was over.

    `ops.alerts` is the map. Of a key at most one is open; the constraint decides between the consumers, who both look.
    """

    #: What it is about: "consumer:emails", "failing:exports.exportjob".
    key = models.CharField(max_length=200)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    words = models.TextField()
    remedy = models.TextField(blank=True)
    #: It is over once it is long ago: nobody needs to be told.
    ends_silently = models.BooleanField(default=False)

    since = models.DateTimeField()
    last_seen = models.DateTimeField()
    #: When it had lasted long enough to matter.
    raised_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: How often it has come back after its end.
    relapses = models.PositiveSmallIntegerField(default=0)

    #: The moment of the latest message that names it, and how many were sent because of it. None where there is
    #: something new to tell.
    told_at = models.DateTimeField(null=True)
    tellings = models.PositiveIntegerField(default=0)
    #: The moment of the message that told its end.
    end_told_at = models.DateTimeField(null=True)
    #: Until then nothing is told of it.
    muted_until = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], condition=Q(ended_at=None), name="ops_alert_once")]
        indexes = [models.Index(fields=["key", "-id"], name="ops_alert_latest")]

    def __str__(self):
        return self.key

    # ---- what a look finds

    def renew(self, condition, now):
        """The condition still holds. One that has become worse is told anew; the words are those of its worst."""
        self.last_seen = max(self.last_seen, now)
        if condition.severity == Severity.CRITICAL != self.severity:
            self.severity, self.told_at = Severity.CRITICAL, None
        if condition.severity == self.severity:
            self.words, self.remedy = condition.words, condition.remedy
        if self.raised_at is None and (condition.happened or now - self.since >= HOLD):
            self.raised_at = now
        self.save(update_fields=["last_seen", "words", "remedy", "severity", "told_at", "raised_at"])

    def calm_down(self, now):
        """The condition does not hold just now: over, if it has been away for long enough."""
        if self.raised_at is None:
            self.delete()  # it came and went between two looks
        elif now - self.last_seen >= min(CALM * 2 ** min(self.relapses, 10), CALM_CAP):
            self.ended_at = now
            self.save(update_fields=["ended_at"])

    def relapse(self, condition, now):
        """It is back, soon after its end: the same alert goes on, and its next end has to last longer."""
        Alert.objects.filter(pk=self.pk, ended_at=self.ended_at).update(
            ended_at=None,
            end_told_at=None,
            told_at=None,
            relapses=models.F("relapses") + 1,
            last_seen=now,
            severity=condition.severity,
            words=condition.words,
            remedy=condition.remedy,
        )

    # ---- who is told of it

    def is_muted(self, now):
        return self.muted_until is not None and self.muted_until > now

    def is_due_again(self, now):
        """Whether a reminder is due: after the pause that the settings name, doubled with each one."""
        pause = timedelta(hours=settings.ALERT_REPEAT_HOURS)
        return now - self.told_at >= min(pause * 2 ** min(max(self.tellings - 1, 0), 10), PAUSE_CAP)

    def mute(self, until):
        """Tell nobody of it, its end and its coming back included, up to the moment `until`."""
        self.muted_until = until
        self.save(update_fields=["muted_until"])

    def unmute(self):
        self.muted_until = None
        self.save(update_fields=["muted_until"])
