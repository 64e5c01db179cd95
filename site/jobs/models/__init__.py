from jobs.models.attempt import Attempt, Outcome
from jobs.models.job import Job
from jobs.models.pause import QueuePause
from jobs.models.process import ConsumerProcess
from jobs.models.queryset import JobQuerySet
from jobs.models.recurring import Recurring
from jobs.models.schedule import Schedule, ScheduledRun
from jobs.models.status import Status

__all__ = [
    "Attempt",
    "ConsumerProcess",
    "Job",
    "JobQuerySet",
    "Outcome",
    "QueuePause",
    "Recurring",
    "Schedule",
    "ScheduledRun",
    "Status",
]
