import os
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from jobs.log import clean
from jobs.models.ending import storable
from ops.backups.room import BackupError

#: What the manifest's form is; a reader refuses a later one.
FORMAT = 1
DATABASE, SECRET_KEY, MEDIA, MANIFEST = "roost.sqlite3", "secret_key", "media", "manifest.json"
BLOCK = 1024 * 1024


class Damaged(BackupError):
    """The archive is not what was written."""


class Unreadable(BackupError):
    """A file that is there cannot be read."""


def shown(name) -> str:
    """A name or a path, which may hold anything, as it may stand in a message, a log and a database."""
    return clean(storable(str(name)[:300]))


@contextmanager
def reading(path: Path):
    """Turn what keeps `path` from being read into Unreadable; that it is gone stays a FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except PermissionError as error:
        raise Unreadable(
            _(
                "%(path)s cannot be read: %(error)s. Make it readable for the user with the number %(number)d, who "
                "runs Roost, or move it away if nobody needs it; then try again."
            )
            % {"path": shown(path), "error": error.strerror, "number": os.geteuid()}
        ) from error
    except OSError as error:
        raise Unreadable(
            _("%(path)s cannot be read: %(error)s. Look at its disk; move the file away if it is lost, then try again.")
            % {"path": shown(path), "error": error.strerror}
        ) from error
