from datetime import timedelta

from django.db import models
from django.utils import timezone

from config.release import RELEASE
from jobs import worker

#: Seconds between two signs of life of a consumer.
SIGN_EVERY = 10
#: How long after its last sign of life a consumer is taken for dead or hanging.
SILENT_AFTER = timedelta(seconds=45)


class ConsumerProcessQuerySet(models.QuerySet):
    def alive(self, now=None):
        """Those that have given a sign of life lately."""
        return self.filter(seen_at__gt=(now or timezone.now()) - SILENT_AFTER)

    def forget_dead(self):
        """Delete the rows of those that are certainly gone, and of those that have long been silent."""
        gone = [name for name in self.values_list("identity", flat=True) if worker.is_dead(name)]
        self.filter(models.Q(identity__in=gone) | models.Q(seen_at__lt=timezone.now() - timedelta(days=1))).delete()


class ConsumerProcess(models.Model):
    """A consumer that runs, or ran until it was killed: one row each, with its sign of life of every SIGN_EVERY
    seconds. One that ends by itself deletes it."""

    queue = models.CharField(max_length=50)
    identity = models.CharField(max_length=200, unique=True)  # jobs.worker.identity
    release = models.CharField(max_length=50)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    #: What works for it: [{"identity": …, "memory": bytes}], threads being one of them.
    workers = models.JSONField(default=list)

    objects = ConsumerProcessQuerySet.as_manager()

    class Meta:
        ordering = ["queue", "started_at"]

    def __str__(self):
        return f"{self.queue} consumer {self.identity}"

    @property
    def is_silent(self):
        return self.seen_at <= timezone.now() - SILENT_AFTER

    @classmethod
    def sign(cls, queue: str, workers: list[str]):
        """Note that this process, the consumer of the queue, lives, and that these (identities) work for it."""
        memory = [{"identity": name, "memory": worker.memory(name)} for name in workers]
        columns = {"seen_at": timezone.now(), "workers": memory}
        mine = {"queue": queue, "identity": worker.identity()}
        if not cls.objects.filter(**mine).update(**columns):
            cls.objects.create(release=RELEASE, **mine, **columns)
            cls.objects.forget_dead()
