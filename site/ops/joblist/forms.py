import re

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ops.filters import MomentField
from ops.joblist.filters import JobFilter, kind_named
from ops.joblist.listing import PAGE_SIZE
from ops.models import BulkAction

LABEL = re.compile(r"(?P<kind>[a-z0-9_]+\.[a-z0-9_]+):(?P<id>[0-9]{1,18})")


#: What the list of jobs offers. (Only what was put off for later can be hurried: the outbox offers that.)
ACTIONS = [(action, label) for action, label in BulkAction.Action.choices if action != BulkAction.Action.HURRY]


class BulkForm(forms.Form):
    """What is to be done to which jobs: `of` says whether to those in `job`, or to all that pass the filter."""

    action = forms.ChoiceField(choices=ACTIONS)
    of = forms.ChoiceField(choices=[("ticked", _("Those ticked")), ("all", _("All that match"))])
    job = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    as_of = MomentField(required=False)

    def clean_job(self):
        labels = self.cleaned_data["job"] or []
        if len(labels) > PAGE_SIZE:
            raise forms.ValidationError(
                gettext("Not more than %(number)d jobs can be ticked: use the filters.") % {"number": PAGE_SIZE}
            )
        for label in labels:
            match = LABEL.fullmatch(label)
            if not match or kind_named(match["kind"]) is None:
                raise forms.ValidationError(gettext("One of the ticked is no job."))
        return labels

    def clean(self):
        if self.cleaned_data.get("of") == "ticked" and not self.errors and not self.cleaned_data["job"]:
            raise forms.ValidationError(gettext("Tick the jobs that are meant first."))

    def bulk_action(self, wanted: JobFilter, user) -> BulkAction:
        """The unsaved BulkAction of `user`. Needs both forms valid."""
        now = timezone.now()
        ticked = self.cleaned_data["job"] if self.cleaned_data["of"] == "ticked" else []
        return BulkAction(
            action=self.cleaned_data["action"],
            filters={} if ticked else wanted.as_dict(),
            ticked=ticked,
            as_of=min(self.cleaned_data["as_of"] or now, now),
            asked_by=user,
        )


#: What the address of an action has beside the filters.
OWN_FIELDS = {*BulkForm.base_fields, "csrfmiddlewaretoken"}
