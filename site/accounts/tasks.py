from accounts.sessions import SessionStore
from jobs.schedules import schedule


@schedule("41 4 * * *")
def clear_expired_sessions():
    """Delete the sessions of people who have not come back."""
    SessionStore.clear_expired()
