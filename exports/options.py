"""What can be wished for an export, in every model that keeps such wishes."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exports.columns import COLUMNS, DEFAULT_COLUMNS, labels
from jobs.errors import JobFailed
from orgs.filters import TaskFilter
from orgs.permissions import can_export_tasks


class Format(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", _("Excel (XLSX)")
    JSONL = "jsonl", _("JSON Lines")
    CSV_GZ = "csv.gz", _("CSV, compressed")
    XLSX_GZ = "xlsx.gz", _("Excel (XLSX), compressed")
    JSONL_GZ = "jsonl.gz", _("JSON Lines, compressed")


def default_columns():
    return list(DEFAULT_COLUMNS)


class ExportOptions(models.Model):
    """Which tasks, which columns, which format. A subclass has `organization`, and `requested_by`, whose wishes these
    are."""

    filters = models.JSONField(_("filters"), default=dict, blank=True)  # TaskFilter.as_dict()
    columns = models.JSONField(_("columns"), default=default_columns)
    export_format = models.CharField(_("export format"), max_length=10, choices=Format.choices, default=Format.CSV)
    bom = models.BooleanField(_("byte order mark"), default=False)

    class Meta:
        abstract = True

    def options(self) -> dict:
        """The columns above, for another row."""
        return {field.name: getattr(self, field.name) for field in ExportOptions._meta.fields}

    def task_filter(self):
        return TaskFilter(self.filters, self.organization, self.requested_by)

    def known_columns(self):
        """The columns that are asked for. Raises JobFailed where this release has one of them no more."""
        unknown = [name for name in self.columns if name not in COLUMNS]
        if unknown:
            raise JobFailed(gettext("There is no column %(names)s any more.") % {"names": ", ".join(unknown)})
        return [COLUMNS[name] for name in self.columns]

    def described_columns(self) -> list[str]:
        """The columns for people."""
        return labels(self.columns)

    def described_filters(self):
        """The filters for people: a list of (label, words). As they are stored where they do not fit any more."""
        form = self.task_filter()
        return form.describe() if form.is_valid() else list(self.filters.items())

    def is_allowed(self) -> bool:
        """Whether whoever asked for it may (still) export the organization's tasks."""
        person = self.requested_by
        return bool(person and person.is_active and can_export_tasks(self.organization.role_of(person)))
