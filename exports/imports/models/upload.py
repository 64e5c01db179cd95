import shutil
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exports.imports import reading
from exports.imports.reading import BadFile, Shape
from jobs.models.status import UNFINISHED
from orgs.models import Organization

#: How long a file that was sent is kept.
KEEP = timedelta(days=7)
#: How many of one person are: whoever sends further ones, by mistake or to fill our disk, loses the oldest.
MOST = 10


class UploadQuerySet(models.QuerySet):
    def expired(self, now):
        """Those that are not kept any longer at `now`: old ones that no import is about to read."""
        return self.filter(created_at__lt=now - KEEP).exclude(imports__status__in=UNFINISHED)

    def surplus(self, person):
        """Those of `person` beyond the newest MOST that no import is about to read."""
        theirs = self.filter(uploaded_by=person)
        return theirs.exclude(pk__in=theirs.order_by("-pk").values("pk")[:MOST]).exclude(imports__status__in=UNFINISHED)


class Upload(models.Model):
    """A file that somebody has sent, and what it is. Imports read it; only who has sent it may start one."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="uploads", db_index=False)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)  # as the person's own computer calls it
    file = models.CharField(max_length=100)  # its name in the organization's folder
    size = models.PositiveBigIntegerField()  # bytes, packed or not
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    gzip = models.BooleanField(default=False)
    row_count = models.PositiveIntegerField()  # below the header
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organization", "-id"], name="upload_newest")]

    def __str__(self):
        return self.name

    @classmethod
    def keep(cls, organization, person, name, source: Path):
        """Take over the file `source`, which is moved, as one that `person` has sent under the `name`. The oldest of
        theirs goes where they are more than MOST.

        Raises BadFile where it is none that can be read; it is removed then.
        """
        target = folder(organization.pk) / f"{uuid.uuid4()}.upload"
        target.parent.mkdir(parents=True, exist_ok=True)
        size = source.stat().st_size
        shutil.move(source, target)
        try:
            shape = reading.examine(target)
            upload = cls.objects.create(
                organization=organization,
                uploaded_by=person,
                name=" ".join(name.split())[:200] or "file.csv",
                file=target.name,
                size=size,
                row_count=reading.count(target, shape),
                **shape.as_dict(),
            )
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        for old in cls.objects.surplus(person):
            old.remove()
        return upload

    def read_again(self, encoding, delimiter):
        """Take the file for one in another encoding or with another delimiter.

        Raises BadFile where it is none, or where an import reads it just now.
        """
        row_count = reading.count(self.path, Shape(encoding, delimiter, self.gzip))
        with transaction.atomic():
            Upload.objects.select_for_update(no_key=True).get(pk=self.pk)  # TaskImport.start() stands in line here too
            if self.imports.filter(status__in=UNFINISHED).exists():
                raise BadFile(_("This file is being imported just now: wait for its end, or cancel it."))
            self.encoding, self.delimiter, self.row_count = encoding, delimiter, row_count
            self.save(update_fields=["encoding", "delimiter", "row_count"])

    def remove(self):
        """Delete the row, then its file."""
        path = self.path
        self.delete()
        transaction.on_commit(lambda: path.unlink(missing_ok=True))

    @property
    def shape(self):
        return Shape(self.encoding, self.delimiter, self.gzip)

    @property
    def path(self) -> Path:
        return folder(self.organization_id) / self.file

    @property
    def is_there(self):
        return self.path.is_file()

    def header(self):
        return reading.header(self.path, self.shape)

    def rows(self):
        """Yields (line, cells): see `reading.rows`."""
        return reading.rows(self.path, self.shape)


def folder(organization_id) -> Path:
    """Where an organization's uploads and rejected rows are."""
    return settings.MEDIA_ROOT / "imports" / str(organization_id)
