"""The filters of the list of jobs: one form for the page, for what is done to all that match, and for its job."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.queues import QUEUES
from jobs.models import Status
from jobs.sweep import kinds
from ops.filters import ListFilter, MomentField, OrganizationField, PersonField
from orgs.listing import Unindexed

#: So many jobs are sorted within milliseconds.
FEW = 2_000
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def kind_named(label):
    """The kind of job with this label ("exports.exportjob"), or None."""
    return next((kind for kind in kinds() if kind._meta.label_lower == label), None)


def kind_choices():
    choices = [(kind._meta.label_lower, kind._meta.verbose_name.capitalize()) for kind in kinds()]
    return [("", gettext("Any")), *sorted(choices, key=lambda choice: choice[1])]


def status_choices():
    """Those of every job, and what some kinds have beside them."""
    statuses = dict(Status.choices)
    for kind in kinds():
        statuses = {**dict(kind._meta.get_field("status").choices), **statuses}
    order = {status: position for position, status in enumerate(Status.values)}
    return [("", gettext("Any")), *sorted(statuses.items(), key=lambda choice: order.get(choice[0], len(order)))]


class JobFilter(ListFilter):
    """Which jobs of all kinds someone wants to see."""

    q = forms.CharField(max_length=100, required=False, label=_("Search"), widget=forms.TextInput({"type": "search"}))
    kind = forms.ChoiceField(choices=kind_choices, required=False, label=_("Kind"))
    status = forms.ChoiceField(choices=status_choices, required=False, label=_("Status"))
    queue = forms.ChoiceField(
        choices=lambda: [("", gettext("Any")), *((name, name) for name in QUEUES)], required=False, label=_("Queue")
    )
    organization = OrganizationField()
    person = PersonField()
    since = MomentField(required=False, label=_("Made since"), widget=MOMENT)
    until = MomentField(required=False, label=_("Made until"), widget=MOMENT)

    def __init__(self, data, also=()):
        super().__init__(data, also)
        for name in ("since", "until"):
            words = gettext("“%(name)s” must be a day and time, such as 2026-11-25T14:30.") % {"name": name}
            self.fields[name].error_messages["invalid"] = words

    # ---- what passes (all of this needs a valid form)

    @property
    def text(self):
        """What is searched for; empty for nothing."""
        return self.cleaned_data["q"]

    def kinds(self):
        """The kinds of which some jobs may pass."""
        wanted = self.cleaned_data
        return [kind for kind in kinds(wanted["queue"] or None) if self._may_pass(kind)]

    def _may_pass(self, kind):
        wanted = self.cleaned_data
        return (
            wanted["kind"] in ("", kind._meta.label_lower)
            and wanted["status"] in ("", *dict(kind._meta.get_field("status").choices))
            and (wanted["organization"] is None or kind.organization_path)
            and (wanted["person"] is None or kind.person_path)
        )

    def jobs(self, kind, *, status="", search=True):
        """The jobs of a kind that pass, also those of one `status`; without `search` whatever their text.

        SQLite reads them from an index whose order is that of the list: its planner does not know how many an index
        leaves, so that all but the one to be read are hidden from it. Where an owner is in another table there is none
        for both: few jobs are found by their owner and sorted, many are met soon in the order of the list.
        """
        wanted = self.cleaned_data
        status = status or wanted["status"]
        jobs = kind.objects.all()
        if status and status != Status.DONE:
            jobs = jobs.not_done()  # the words of the index of statuses
        if status:
            jobs = jobs.filter(status=status)
        paths = {"person": kind.person_path, "organization": kind.organization_path}
        paths = {name: path for name, path in paths.items() if wanted[name] is not None}
        found_by = self._found_by(jobs, paths) if status in ("", Status.DONE) else None
        for name, path in paths.items():
            if name == found_by:
                jobs = jobs.filter(**{path: wanted[name]})
            else:
                its = {f"its_{name}": Unindexed(f"{path}_id")}
                jobs = jobs.alias(**its).filter(**{f"its_{name}": wanted[name].pk})
        if wanted["since"]:
            jobs = jobs.filter(created_at__gte=wanted["since"])
        if wanted["until"]:
            jobs = jobs.filter(created_at__lte=wanted["until"])
        return jobs.filter(self._mentioning(kind)) if self.text and search else jobs

    def _found_by(self, jobs, paths):
        """Which of the owners ("person", "organization", by their paths) the jobs are to be found by: one who has few,
        otherwise one whose column is their own; None where they are to be read in the order of the list."""
        own = [name for name, path in paths.items() if "__" not in path]
        if len(paths) == len(own) == 1:
            return own[0]
        for name, path in paths.items():
            if jobs.filter(**{path: self.cleaned_data[name]}).order_by()[:FEW].count() < FEW:
                return name
        return own[0] if own else None

    def _mentioning(self, kind):
        mentioned = Q()
        for column in kind.searched:
            mentioned |= Q(**{f"{column}__icontains": self.text})
        return mentioned
