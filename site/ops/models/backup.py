"""A backup is made by a job.

    start ──► pending ──► archive ──► (noted in the row) ──► drill ──► done

What is in DATA_DIR/backups is told by the files there (`ops.backups.catalog`); the row tells of the work.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.sqlite import sqlite3
from jobs.errors import LeaseLost
from jobs.models import Job, JobQuerySet, statements
from ops.backups import archive, catalog, database
from ops.backups.catalog import Reason
from ops.backups.making import make, prove
from ops.backups.room import BackupError


class BackupQuerySet(JobQuerySet):
    def start(self, reason: Reason, requested_by=None) -> "Backup":
        """Ask for a backup. Returns the job that will make it: one that has not begun yet serves everybody."""
        with transaction.atomic():
            waiting = self.unfinished().filter(status="pending", archive="").first()
            return waiting or self.create(reason=reason, requested_by=requested_by)

    def start_proof(self, name: str, requested_by=None) -> "Backup":
        """Ask for the drill of an archive that is there."""
        with transaction.atomic():
            waiting = self.unfinished().filter(archive=name).first()
            return waiting or self.create(archive=name, reason=Reason.BY_HAND, requested_by=requested_by)


class Backup(Job):
    """Makes an archive and proves it, or only proves the one that `archive` names."""

    queue = "exports"
    doorbell = "ops.tasks.run_backup"
    max_attempts = 3
    #: A slow disk may keep a single fsync waiting.
    lease = timedelta(minutes=5)
    time_limit = timedelta(hours=4)
    retryable = (*Job.retryable, ChildProcessError, sqlite3.OperationalError)
    person_path = "requested_by"
    searched = ("error", "archive")

    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("requested by"),
    )
    archive = models.CharField(_("archive"), max_length=255, blank=True, editable=False)  # the name of the file

    objects = BackupQuerySet.as_manager()

    class Meta(Job.Meta):
        verbose_name, verbose_name_plural = _("backup"), _("backups")
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["requested_by", "created_at", "id"], name="backup_of_person"),
        ]

    @property
    def title(self):
        if self.archive:
            return gettext("Backup %(archive)s") % {"archive": self.archive}
        return gettext("Backup (%(reason)s)") % {"reason": self.get_reason_display().lower()}

    # ---- the work

    def perform(self):
        backup = catalog.find(self.archive) if self.archive else None
        if self.archive and backup is None:
            raise BackupError(gettext("There is no backup named %(archive)s any more.") % {"archive": self.archive})
        if backup is None:
            database.require_support()
            held = database.size(database.path()) + archive.size_below(settings.MEDIA_ROOT)
            # Copied, read, packed, unpacked and read again; media packed and unpacked.
            self.heartbeat(0, total=4 * held)
            backup = make(Reason(self.reason), self.beat)
            self._note_archive(backup.name)
        else:
            self.heartbeat(0, total=2 * backup.size)
        prove(backup, self.beat)
        self.prove_others()
        catalog.prune()

    def beat(self, size: int):
        """`size` more bytes are dealt with."""
        done = self.progress + size
        self.heartbeat(done if self.total is None else min(done, self.total))

    def prove_others(self):
        """Prove those of ours that nobody has tried yet: made before an update, or by a worker that died."""
        for backup in catalog.backups():
            if backup.is_ours and not backup.is_tried:
                try:
                    prove(backup, self.beat)
                except BackupError:
                    continue  # it is noted beside the archive, and this job was about another one

    def _note_archive(self, name):
        """Another attempt need not make it again."""
        if not statements.update(type(self), {"archive": name}, self._mine()).run():
            raise LeaseLost
        self.archive = name
