from jobs.models.attempt import Attempt, Outcome
from jobs.models.job import Job, JobQuerySet, Status
from jobs.models.recurring import Recurring
from jobs.models.schedule import Schedule, ScheduledRun

__all__ = ["Attempt", "Job", "JobQuerySet", "Outcome", "Recurring", "Schedule", "ScheduledRun", "Status"]
