"""Which e-mails the outbox shows; all of it stands in the address."""

from urllib.parse import urlencode

from django import forms
from django.db.models import F, Q
from django.db.models.functions import Lower

from mail.kinds import registry
from mail.models import Email, EmailStatus
from orgs.search import Mentions

#: What an address of the outbox may hold beside the filters.
PAGING = {"after", "before"}


class OutboxFilter(forms.Form):
    """What is absent or empty does not filter. A bad value, a repeated parameter and an unknown one are errors."""

    q = forms.CharField(
        max_length=200, required=False, label="In the subject", widget=forms.TextInput({"type": "search"})
    )
    recipient = forms.EmailField(
        max_length=320, required=False, label="To", widget=forms.EmailInput({"autocomplete": "off"})
    )
    status = forms.ChoiceField(choices=[("", "Any"), *EmailStatus.choices], required=False)
    kind = forms.ChoiceField(required=False)

    def __init__(self, data):
        super().__init__(data)
        kinds = sorted((kind.description, name) for name, kind in registry.items() if name != "retired")
        self.fields["kind"].choices = [("", "Any"), *((name, description) for description, name in kinds)]
        for name in ("status", "kind"):
            allowed = ", ".join(value for value, _ in self.fields[name].choices if value)
            # Names the values, and never repeats what was sent: that may be megabytes.
            self.fields[name].error_messages["invalid_choice"] = f"“{name}” must be one of: {allowed}."
        self.fields["recipient"].error_messages["invalid"] = "Write the whole address, such as carol@example.com."

    def clean(self):
        for name in self.data:
            shown = str(name)[:50]
            if name not in self.fields and name not in PAGING:
                self.add_error(None, f"“{shown}” is not a filter. The filters are: {', '.join(self.fields)}.")
            elif name in self.fields and len(self.data.getlist(name)) > 1:
                self.add_error(name, f"“{shown}” may be given only once.")

    def emails(self):
        """The e-mails that pass what there is an index for. Needs a valid form, as all below."""
        emails, wanted = Email.objects.defer("text", "html"), self.cleaned_data
        if wanted["recipient"]:
            return self._to_recipient(emails)
        if self._status_has_index:
            return emails.not_done().filter(status=wanted["status"])
        return emails

    def condition(self):
        """What they have to pass as well, as a Q; None for nothing."""
        wanted, condition = self.cleaned_data, Q()
        if wanted["status"] and (wanted["recipient"] or not self._status_has_index):
            condition &= Q(status=wanted["status"])
        if wanted["kind"]:
            condition &= Q(kind=wanted["kind"])
        if wanted["q"]:
            condition &= Q(Mentions(F("subject"), wanted["q"]))
        return condition or None

    def in_trouble(self):
        """Of all that pass, those that a person may send again or drop."""
        emails, status = Email.objects.in_trouble(), self.cleaned_data["status"]
        if self.cleaned_data["recipient"]:
            emails = self._to_recipient(emails)
        return emails.filter(self.condition() or Q(), *([Q(status=status)] if status else []))

    def _to_recipient(self, emails):
        return emails.alias(address=Lower("recipient")).filter(address=self.cleaned_data["recipient"].lower())

    @property
    def _status_has_index(self):
        return self.cleaned_data["status"] not in ("", EmailStatus.DONE)

    @property
    def querystring(self):
        """The filters that are set, for links."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})
