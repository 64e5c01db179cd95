import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from ops.backups import catalog
from tests.cast import make_cast, make_task
from tests.mail.conftest import running_server, server, use  # noqa: F401


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
def operator(client, cast):
    """Alice's browser; she operates the installation."""
    cast.alice.is_staff = True
    cast.alice.save()
    client.force_login(cast.alice)
    return client
