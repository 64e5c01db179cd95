"""Which e-mails the outbox shows; all of it stands in the address."""

from django import forms
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mail.kinds import registry
from mail.models import Email, EmailStatus
from ops.filters import ListFilter
from orgs.search import Mentions


def kind_choices():
    kinds = sorted((str(kind.description), name) for name, kind in registry.items() if name != "retired")
    return [("", gettext("Any")), *((name, description) for description, name in kinds)]


class OutboxFilter(ListFilter):
    """Which e-mails someone wants to see."""

    q = forms.CharField(
        max_length=200, required=False, label=_("In the subject"), widget=forms.TextInput({"type": "search"})
    )
    recipient = forms.EmailField(
        max_length=320,
        required=False,
        label=pgettext_lazy("recipient", "To"),
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={"invalid": _("Write the whole address, such as carol@example.com.")},
    )
    status = forms.ChoiceField(choices=[("", _("Any")), *EmailStatus.choices], required=False, label=_("Status"))
    kind = forms.ChoiceField(choices=kind_choices, required=False, label=_("Kind"))

    # ---- what passes (all of this needs a valid form)

    def emails(self):
        """The e-mails that pass what there is an index for."""
        emails, wanted = Email.objects.defer("text", "html"), self.cleaned_data
        if wanted["recipient"]:
            return self._to_recipient(emails)
        if self._status_has_index:
            return emails.not_done().filter(status=wanted["status"])
        return emails

    def condition(self):
        """What they have to pass as well, as a Q; None for nothing."""
        wanted, condition = self.cleaned_data, self._mentioning()
        if wanted["status"] and (wanted["recipient"] or not self._status_has_index):
            condition &= Q(status=wanted["status"])
        return condition or None

    def kinds(self):
        """As `JobFilter.kinds`: an e-mail is one kind of job, whatever it is about."""
        return [Email]

    def jobs(self, kind, *, status):
        """As `JobFilter.jobs`: the e-mails of a `status` other than done that pass."""
        emails = kind.objects.not_done().filter(status=status)
        if self.cleaned_data["recipient"]:
            emails = self._to_recipient(emails)
        return emails.filter(self._mentioning())

    def _to_recipient(self, emails):
        return emails.alias(address=Lower("recipient")).filter(address=self.cleaned_data["recipient"].lower())

    def _mentioning(self):
        wanted, condition = self.cleaned_data, Q()
        if wanted["kind"]:
            condition &= Q(kind=wanted["kind"])
        if wanted["q"]:
            condition &= Q(Mentions(F("subject"), wanted["q"]))
        return condition

    @property
    def _status_has_index(self):
        return self.cleaned_data["status"] not in ("", EmailStatus.DONE)
