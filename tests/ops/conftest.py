from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from exports.models import ExportJob
from jobs.models import Status
from ops.backups import catalog, making
from ops.backups.catalog import Reason
from ops.joblist import listing
from tests.cast import make_cast, make_task
from tests.kinds.models import Errand, Note
from tests.mail.conftest import running_server, server, use  # noqa: F401
from tests.ops.screens import operator_of


@pytest.fixture(scope="module")
def people(installation):
    """Acme and its people, in the database of the installation."""
    people = make_cast()
    make_task(people.acme, "Mend the roof")
    return people


@pytest.fixture
def data(installation, people, settings, monkeypatch):
    """The data folder of the installation, with a file; this process has its data there too."""
    folder = installation.folder
    settings.DATA_DIR, settings.MEDIA_ROOT = folder, folder / "media"
    monkeypatch.setattr(catalog, "FOLDER", folder / "backups")
    (folder / "secret_key").write_text("the key of this installation, long enough to be one")
    storage = FileSystemStorage(settings.MEDIA_ROOT)
    if not storage.exists("exports/1/1-1.csv"):
        storage.save("exports/1/1-1.csv", ContentFile(b"id,title\r\n" * 1000))
    yield folder
    for backup in catalog.backups():
        backup.delete()


@pytest.fixture
def made(data):
    """The file of a backup of that data."""
    return making.make(Reason.BY_HAND)


@pytest.fixture
def operator(cast):
    """Alice's browser; she operates the installation."""
    return operator_of(cast.alice)


@pytest.fixture
def many(cast, monkeypatch):
    """Sixty jobs of three kinds, many of them of the same moments, as (created_at, label, pk), newest first."""
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    now = timezone.now()
    moments = [now - timedelta(minutes=number // 6) for number in range(20)]
    for kind in (Errand, Note):
        kind.objects.bulk_create(kind(created_at=moment, status=Status.DONE) for moment in moments)
    owned = {"organization": cast.acme, "requested_by": cast.carol}
    ExportJob.objects.bulk_create(ExportJob(created_at=moment, status=Status.FAILED, **owned) for moment in moments)
    rows = [
        (job.created_at, job.kind_label, job.pk) for kind in (Errand, Note, ExportJob) for job in kind.objects.all()
    ]
    return sorted(rows, reverse=True)
