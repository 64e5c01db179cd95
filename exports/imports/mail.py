"""What imports write to whoever asked for them."""

from django.utils.translation import gettext_lazy as _

from mail.kinds import Kind
from mail.render import render

IMPORT_ENDED = Kind(
    "import-ended",
    label=_("Imports"),
    description=_("When an import has ended that took long"),
    resend=True,
    optional=True,
    keys_expire=True,
    still_wanted="exports.imports.models.task_import.is_still_wanted",
)


def write(job):
    """The subject, the text and the HTML of the e-mail that tells how a TaskImport has ended."""
    context = {"kind": IMPORT_ENDED, "user": job.requested_by, "job": job, "organization": job.organization}
    return render("imports/mail/import_ended", context)
