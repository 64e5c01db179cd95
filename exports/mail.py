"""What exports write to whoever asked for them."""

from django.utils.translation import gettext_lazy as _

from mail.kinds import Kind
from mail.render import render

EXPORT_READY = Kind(
    "export-ready",
    label=_("Exports"),
    description=_("When an export is ready that took long, that recurs, or that you wanted to be told of"),
    resend=True,
    optional=True,
    keys_expire=True,
    still_wanted="exports.models.is_still_wanted",
)
EXPORT_FAILED = Kind(
    "export-failed",
    label=_("Exports"),
    description=_("When such an export has failed"),
    resend=True,
    optional=True,
    keys_expire=True,
    still_wanted="exports.models.is_still_wanted",
)

#: By the status in which an export ends.
KINDS = {"done": EXPORT_READY, "failed": EXPORT_FAILED}
TEMPLATES = {EXPORT_READY: "exports/mail/export_ready", EXPORT_FAILED: "exports/mail/export_failed"}


def write(kind: Kind, job):
    """The subject, the text and the HTML of the e-mail that tells how an ExportJob has ended."""
    context = {
        "kind": kind,
        "user": job.requested_by,
        "job": job,
        "organization": job.organization,
        "filters": job.described_filters(),
    }
    return render(TEMPLATES[kind], context)
