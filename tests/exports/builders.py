import tempfile
from pathlib import Path

from exports.imports.fields import guess
from exports.imports.models import TaskImport, Upload
from exports.saved import SavedExport
from jobs.runner import run


def make_saved_export(organization, person, name="Report", **columns):
    """A recurring export of `person`; by default each day at nine."""
    saved = SavedExport(organization=organization, requested_by=person)
    saved.change(name=name, **columns)
    return saved


def make_upload(organization, person, content, name="tasks.csv"):
    """A file with this content (text, or bytes), that the person has sent."""
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return Upload.keep(organization, person, name, Path(file.name))


def run_import(organization, person, content, name="tasks.csv", **wanted):
    """Import a file with this content; returns the job after its end. The mapping is guessed."""
    upload = make_upload(organization, person, content, name)
    job = TaskImport.start(upload, person, **{"mapping": guess(upload.header()), **wanted})
    run(TaskImport, job.pk)
    return TaskImport.objects.get(pk=job.pk)
