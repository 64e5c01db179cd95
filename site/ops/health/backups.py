"""The backups: whether there is a recent one, and whether one has been proven to be of use."""

from datetime import timedelta

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ops.backups.catalog import backups as all_backups
from ops.health.database import is_sqlite
from ops.health.part import age, ok, red, size, warning

#: One is made each night: how old the newest may be, and the newest that is proven, before somebody should look and
#: before somebody must.
OVERDUE, LONG_AGO = timedelta(hours=26), timedelta(days=3)
NOW = _("Make one now: on the page of backups, or manage.py backup")


def backups(now):
    if not is_sqlite():
        return ok(gettext("The database is a server's, which is backed up by its own means: Roost does not do it."))
    known = all_backups()
    newest, proven = next(iter(known), None), next((backup for backup in known if backup.proven_at), None)
    detail = {
        "number": len(known),
        "bytes": sum(backup.size for backup in known),
        "last_at": newest and newest.made_at.isoformat(),
        "last_proven_at": proven and proven.made_at.isoformat(),
        "error": newest.doubt if newest else "",
    }
    if newest is None:
        return _none(now, detail)
    if now - newest.made_at > OVERDUE:
        words = gettext("The last backup is %(age)s old.") % {"age": age(newest.made_at, now)}
        return (red if now - newest.made_at > LONG_AGO else warning)(words, NOW, **detail)
    if newest.doubt:
        words = gettext("The last backup, %(name)s, could not be proven: %(error)s") % {
            "name": newest.name,
            "error": newest.doubt,
        }
        has_other = proven is not None and now - proven.made_at <= LONG_AGO
        return (warning if has_other else red)(words, NOW, **detail)
    if proven is None or now - proven.made_at > OVERDUE:
        words = gettext("The last backup, %(name)s, is not proven yet.") % {"name": newest.name}
        if proven and now - proven.made_at > LONG_AGO:
            before = gettext("The last that is proven is %(age)s old.") % {"age": age(proven.made_at, now)}
            return red(f"{words} {before}", NOW, **detail)
        return warning(words, gettext("Wait for its drill, or prove it on the page of backups."), **detail)
    values = {"age": age(newest.made_at, now), "size": size(newest.size), "before": age(proven.made_at, now)}
    if newest.proven_at:
        return ok(gettext("The last backup is %(age)s old and has %(size)s; it is proven.") % values, **detail)
    words = gettext("The last backup is %(age)s old and has %(size)s; one of %(before)s ago is proven.")
    return ok(words % values, **detail)


def _none(now, detail):
    """No backup: the first night of an installation may still be to come."""
    made_at = MigrationRecorder.Migration.objects.aggregate(at=Min("applied"))["at"]
    if made_at and now - made_at <= OVERDUE:
        return ok(gettext("The first backup will be made in the coming night."), **detail)
    if made_at and now - made_at <= LONG_AGO:
        return warning(gettext("There is no backup yet."), NOW, **detail)
    return red(gettext("There is no backup."), NOW, **detail)
