from django.db import models


class Status(models.TextChoices):
    PENDING = "pending", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (Status.PENDING, Status.RUNNING)
#: How a job ends by itself, rather than by a person.
ENDED = (Status.DONE, Status.FAILED)
