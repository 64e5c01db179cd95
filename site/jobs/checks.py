"""What can be misconfigured about background work, each with an id and a remedy."""

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from huey.api import TaskWrapper

from config.queues import QUEUES
from config.sqlite import SAFE_VERSION, sqlite3
from jobs.history import LEAST_DAYS, MOST_DAYS
from jobs.models.schedule import validate_cron
from jobs.schedules import registry
from jobs.sweep import kinds


@checks.register("jobs")
def sqlite_is_safe(app_configs, **kwargs):
    if sqlite3.sqlite_version_info >= SAFE_VERSION:
        return []
    return [
        checks.Warning(
            _("SQLite %(version)s can corrupt a database in WAL mode (sqlite.org/wal.html).")
            % {"version": sqlite3.sqlite_version},
            hint=_(
                "Install pysqlite3, where it has a wheel for this machine, or a Python with SQLite 3.51.3 or newer."
            ),
            id="jobs.W001",
        )
    ]


@checks.register("jobs")
def kinds_have_doorbells(app_configs, **kwargs):
    errors = []
    owners = {}
    for kind in kinds():
        try:
            function = import_string(kind.doorbell)
        except ImportError as error:
            errors.append(_error(kind, f"has no Huey function at its doorbell ({error}).", "jobs.E001"))
            continue
        if not isinstance(function, TaskWrapper) or function.huey is not QUEUES.get(kind.queue):
            what = f"names a doorbell that is no function of the queue {kind.queue!r}."
            errors.append(_error(kind, what, "jobs.E002"))
        elif (owner := owners.setdefault(kind.doorbell, kind)) is not kind:
            errors.append(_error(kind, f"has the doorbell of {owner._meta.label}, which would run.", "jobs.E004"))
    return errors


def _error(kind, what, id):
    hint = (
        "Declare it in the app's tasks.py with the decorator of the queue that the kind names, as docs/jobs.md shows."
    )
    return checks.Error(f"The job {kind._meta.label} {what}", hint=hint, id=id)


@checks.register("jobs")
def schedules_have_cron_lines(app_configs, **kwargs):
    errors = []
    for declared in registry.values():
        try:
            validate_cron(declared.cron)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with the line is what we report)
            message = f"The schedule {declared.name} cannot be read: {error}"
            errors.append(checks.Error(message, hint="Give it five fields, such as '30 3 * * *'.", id="jobs.E003"))
    return errors


@checks.register("jobs")
def history_is_long_enough(app_configs, **kwargs):
    if settings.KEEP_HISTORY_DAYS > MOST_DAYS:
        message = _("KEEP_HISTORY_DAYS is %(days)s: that leads to before the calendar's first day.") % {
            "days": settings.KEEP_HISTORY_DAYS
        }
        return [
            checks.Error(
                message, hint=_("Set it to %(most)d or less, which is for ever.") % {"most": MOST_DAYS}, id="jobs.E006"
            )
        ]
    if settings.KEEP_HISTORY_DAYS >= LEAST_DAYS:
        return []
    message = _("KEEP_HISTORY_DAYS is %(days)s: what happened is needed for longer.") % {
        "days": settings.KEEP_HISTORY_DAYS
    }
    return [checks.Error(message, hint=_("Set it to %(least)d or more.") % {"least": LEAST_DAYS}, id="jobs.E005")]
