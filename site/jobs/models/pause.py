from django.conf import settings
from django.db import models, transaction
from django.utils import timezone


class QueuePause(models.Model):
    """A queue that a person has paused: nothing in it is claimed until it is resumed; what runs goes on to its end.

    Its doorbells ring in vain meanwhile. `resume` rings again for everything that is due.
    """

    queue = models.CharField(max_length=50, unique=True)
    since = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    def __str__(self):
        return f"{self.queue} paused since {self.since:%Y-%m-%d %H:%M}"

    @classmethod
    def pause(cls, queue: str, by=None) -> bool:
        """Pause the queue. False where it was paused before."""
        return cls.objects.get_or_create(queue=queue, defaults={"by": by})[1]

    @classmethod
    def resume(cls, queue: str) -> bool:
        """Let the queue go on. False where it was not paused."""
        from jobs.sweep import ring_missing

        now = timezone.now()

        def ring():  # no partial: it has no name, and Django wants one to log that it failed
            ring_missing(queue, now)

        resumed = cls.objects.filter(queue=queue).delete()[0] > 0
        if resumed:
            transaction.on_commit(ring, robust=True)  # before it a worker would still find the queue paused
        return resumed
