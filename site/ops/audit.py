"""The audit log: who did what, and when."""

from django import forms
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from ops.access import staff_only
from ops.filters import PAGING, ListFilter, OrganizationField, PersonField
from ops.joblist.detail import as_lines
from ops.joblist.filters import kind_named
from ops.joblist.forms import LABEL
from orgs.models import AuditEntry
from orgs.newest import page_of

#: Actions that the filter suggests.
SUGGESTED = 50
#: What operators do, in words. The rows have the English ones, by which people filter.
DEEDS = {
    "asked for the proof of": pgettext_lazy("audit log", "asked for the proof of"),
    "cancelled": pgettext_lazy("audit log", "cancelled"),
    "changed": pgettext_lazy("audit log", "changed"),
    "discarded": pgettext_lazy("audit log", "discarded"),
    "downloaded": pgettext_lazy("audit log", "downloaded"),
    "hurried": pgettext_lazy("audit log", "hurried"),
    "imported": pgettext_lazy("audit log", "imported"),
    "muted": pgettext_lazy("audit log", "muted"),
    "paused": pgettext_lazy("audit log", "paused"),
    "ran": pgettext_lazy("audit log", "ran"),
    "resumed": pgettext_lazy("audit log", "resumed"),
    "retried": pgettext_lazy("audit log", "retried"),
    "started a backup": pgettext_lazy("audit log", "started a backup"),
    "tested": pgettext_lazy("audit log", "tested"),
    "unmuted": pgettext_lazy("audit log", "unmuted"),
}


class AuditFilter(ListFilter):
    """Whose entries, and about what."""

    person = PersonField()
    action = forms.CharField(
        max_length=50,
        required=False,
        label=_("Action"),
        widget=forms.TextInput({"list": "actions", "placeholder": _("such as retried")}),
    )
    organization = OrganizationField()

    def entries(self):
        """The entries that pass. Needs a valid form."""
        wanted = {"actor": "person", "action": "action", "organization": "organization"}
        values = {column: self.cleaned_data[name] for column, name in wanted.items() if self.cleaned_data[name]}
        return AuditEntry.objects.filter(**values)

    def suggested_actions(self):
        return AuditEntry.actions_in_use(SUGGESTED)


@staff_only
@require_safe
def audit_log(request):
    """A page of the entries that the filters let pass, newest first. What is wrong with a filter is said in a 400."""
    wanted = AuditFilter(request.GET, also=PAGING)
    context = {"filter": wanted, "filters_set": len(wanted.as_dict()), "is_first_page": True, "rows": []}
    if not wanted.is_valid():
        return render(request, "ops/audit_log.html", context, status=400)
    paging = {name: request.GET[name] for name in PAGING if name in request.GET}
    entries, older, newer = page_of(wanted.entries().select_related("organization"), paging)
    prefix = f"{wanted.querystring}&" if wanted.querystring else ""
    context |= {
        "rows": [(entry, deed(entry), link_of(entry), details(entry)) for entry in entries],
        "older": older and f"?{prefix}before={older}",
        "newer": newer and f"?{prefix}after={newer}",
        "is_first_page": not paging,
    }
    return render(request, "ops/audit_log.html", context)


def deed(entry):
    """What somebody did, in words: “retried”."""
    return DEEDS.get(entry.action) or entry.action_in_words


def details(entry):
    """Lines of “name: value”, but for the title, which stands for what the entry is about."""
    return as_lines({name: value for name, value in entry.details.items() if name != "title"})


def link_of(entry):
    """The page of the job that an entry is about, or of the job that does it; "" for other things."""
    match = LABEL.fullmatch(str(entry.details.get("job", entry.target)))
    if not match or kind_named(match["kind"]) is None:
        return ""
    return reverse("job_detail", args=[match["kind"], match["id"]])
