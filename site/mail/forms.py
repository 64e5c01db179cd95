from django import forms

from mail import preferences
from mail.models import DeliveryTest


class PreferencesForm(forms.Form):
    """A checkbox for each kind of e-mail that one may switch off, ticked where it is wanted."""

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, prefix="mail", **kwargs)
        self.user = user
        unwanted = set(user.opt_outs.values_list("kind", flat=True))
        for kind in preferences.optional_kinds(user):
            self.fields[kind.name] = forms.BooleanField(
                label=kind.description, required=False, initial=kind.name not in unwanted
            )

    def save(self):
        for kind in preferences.optional_kinds(self.user):
            change = preferences.opt_in if self.cleaned_data[kind.name] else preferences.opt_out
            change(self.user, kind)


class DeliveryTestForm(forms.ModelForm):
    class Meta:
        model = DeliveryTest
        fields = ["recipient"]
        labels = {"recipient": "Send a test message to"}
        help_texts = {"recipient": "It leaves at once, and what the mail server says to it is shown here."}
