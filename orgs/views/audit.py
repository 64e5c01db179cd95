"""Who did what in an organization, for those who look after it."""

import re
from functools import cache
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import User
from orgs.http import in_organization, show
from orgs.models.audit import ACTIONS
from orgs.paging import paginate
from orgs.permissions import can_see_audit_log

#: Entries on a page.
PAGE = 50
#: By the id alone, as the index has it: entries are written when what they tell of happens.
NEWEST_FIRST = ("-id", "-id")
#: What an address of the log may hold beside the filters.
PAGING = {"after", "before"}


@require_safe
@in_organization(can_see_audit_log)
def audit_log(request):
    chosen = AuditFilter(request.GET, request.organization)
    if not chosen.is_valid():
        return show(request, "orgs/audit_log.html", {"filter": chosen}, status=400)
    entries = request.organization.audit_entries.all()
    page = paginate(entries, NEWEST_FIRST, request.GET, PAGE, chosen.condition())
    return show(request, "orgs/audit_log.html", {"filter": chosen, "page": page})


class AuditFilter(forms.Form):
    """What is absent or empty does not filter. A bad value, a repeated parameter and an unknown one are errors."""

    person = forms.CharField(required=False, label=_("Who"), widget=forms.Select)
    action = forms.ChoiceField(
        required=False,
        label=_("What"),
        choices=[("", _("Anything")), *((action, capfirst(words)) for action, words in ACTIONS.items())],
    )

    def __init__(self, data, organization):
        super().__init__(data)
        self.organization = organization
        # Names no value that was sent: that may be megabytes.
        self.fields["action"].error_messages["invalid_choice"] = _("“%(name)s” must be one of: %(allowed)s.") % {
            "name": "action",
            "allowed": ", ".join(ACTIONS),
        }
        self.fields["person"].widget.choices = cache(self._people)  # asked for only where the form is drawn

    def _people(self):
        """The members, and who else is chosen: who has left is in the log too."""
        people = self.organization.members.only("name", "email").order_by("name", "email")
        choices = {person.pk: str(person) for person in people}
        if (chosen := self.cleaned_data.get("person")) and chosen.pk not in choices:
            choices[chosen.pk] = str(chosen)
        return [("", _("Anyone")), *choices.items()]

    def clean_person(self):
        value = self.cleaned_data["person"]
        if not value:
            return None
        if re.fullmatch(r"[0-9]{1,18}", value):
            here = Q(memberships__organization=self.organization) | Q(audit_entries__organization=self.organization)
            person = User.objects.filter(here, pk=value).distinct().first()
            if person:
                return person
        raise forms.ValidationError(_("“person” must be the id of somebody who is a member, or did something here."))

    def clean(self):
        for name in self.data:
            shown = str(name)[:50]
            if name not in self.fields and name not in PAGING:
                words = _("“%(name)s” is not a filter. The filters are: %(names)s.")
                self.add_error(None, words % {"name": shown, "names": ", ".join(self.fields)})
            elif name in self.fields and len(self.data.getlist(name)) > 1:
                self.add_error(name, _("“%(name)s” may be given only once.") % {"name": shown})

    def condition(self):
        """What the entries have to pass, as a Q; None for nothing. Needs a valid form."""
        wanted = {
            "actor": self.cleaned_data["person"],
            "action": self.cleaned_data["action"],
        }
        return Q(**{name: value for name, value in wanted.items() if value}) or None

    @property
    def querystring(self):
        """The filters that are set, for links."""
        return urlencode(self.as_dict())

    def as_dict(self):
        """The filters that are set, as they were sent."""
        return {name: self.data[name] for name in self.fields if self.data.get(name)}
