from django.core.management import call_command

from jobs.schedules import schedule


@schedule("41 4 * * *")
def clear_expired_sessions():
    """Delete the sessions of people who have not come back."""
    call_command("clearsessions")
