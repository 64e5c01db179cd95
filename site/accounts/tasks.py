from django.utils.translation import gettext_lazy as _

from accounts.sessions import SessionStore
from jobs.schedules import schedule


@schedule("41 4 * * *", purpose=_("Delete the sessions of people who have not come back."))
def clear_expired_sessions():
    SessionStore.clear_expired()
