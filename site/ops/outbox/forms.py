from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mail.models import DeliveryTest
from ops.filters import MomentField


class DeliveryTestForm(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        # The filters of the outbox, on the same page, have a field of that name too.
        super().__init__(*args, auto_id="id_test_%s", **kwargs)

    class Meta:
        model = DeliveryTest
        fields = ["recipient"]
        labels = {"recipient": _("Send a test message to")}
        help_texts = {"recipient": _("It leaves at once, and what the mail server says to it is shown here.")}


class AsOfForm(forms.Form):
    """When a person looked at what they now want done: what came after that is left alone."""

    as_of = MomentField(required=False)

    def clean_as_of(self):
        now = timezone.now()
        return min(self.cleaned_data["as_of"] or now, now)
