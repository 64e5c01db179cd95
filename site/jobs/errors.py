"""What ends a job's attempt other than success."""


class JobFailed(Exception):
    """The job cannot be done, now or later; the message is for the person who waits for it."""


class TimeLimitExceeded(JobFailed):
    """The attempt ran longer than its kind allows."""


class AttemptOver(BaseException):
    """This worker no longer holds the job: stop at once, and leave the row alone.

    A BaseException, so that a job's own `except Exception` does not swallow it.
    """


class Cancelled(AttemptOver):
    """A person cancelled the job."""


class LeaseLost(AttemptOver):
    """The lease ran out and another worker took the job over, or the row is gone."""


class Interrupted(BaseException):
    """The consumer is shutting down and its grace is over: the job goes back to pending."""
