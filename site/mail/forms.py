from django import forms

from mail import preferences


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
