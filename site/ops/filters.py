"""What the filters of these lists share: nothing in the address is ever ignored, and people and organizations are named
by what others know of them."""

from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from orgs.models import Organization

#: What the address of a list may hold beside its filters.
PAGING = frozenset({"after", "before"})
#: Organizations and people that a field suggests.
SUGGESTED = 100


def complaints(*forms) -> str:
    """All that is wrong with these forms, in a line."""
    return " ".join(message for form in forms for messages in form.errors.values() for message in messages)


class OrganizationField(forms.CharField):
    """The short name of an organization; gives the Organization, or None."""

    def __init__(self):
        # It is made once, with its form: lazy.
        widget = forms.TextInput(
            {"list": "organizations", "placeholder": gettext_lazy("short name"), "autocomplete": "off"}
        )
        super().__init__(max_length=50, required=False, label=gettext_lazy("Organization"), widget=widget)

    def clean(self, value):
        slug = super().clean(value)
        organization = Organization.objects.filter(slug=slug).first() if slug else None
        if slug and organization is None:
            raise forms.ValidationError(_("There is no organization with this short name."))
        return organization


class PersonField(forms.CharField):
    """Somebody's e-mail address; gives the User, or None."""

    def __init__(self):
        widget = forms.TextInput(
            {"list": "people", "placeholder": gettext_lazy("e-mail address"), "autocomplete": "off"}
        )
        super().__init__(max_length=320, required=False, label=gettext_lazy("Person"), widget=widget)

    def clean(self, value):
        email = super().clean(value)
        person = User.objects.filter(email__iexact=email).first() if email else None
        if email and person is None:
            raise forms.ValidationError(_("Nobody has this e-mail address."))
        return person


class MomentField(forms.DateTimeField):
    """A day and time that exists in every time zone: in others it may lie beyond the years that there are."""

    YEARS = range(1900, 9999)

    def clean(self, value):
        moment = super().clean(value)
        if moment and moment.year not in self.YEARS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class ListFilter(forms.Form):
    """`data` is a QueryDict or a dict with any of the form's fields; what is absent or empty does not filter. A bad
    value, a repeated parameter and an unknown one (unless named in `also`) are errors."""

    def __init__(self, data, also=()):
        super().__init__(data)
        self.also = frozenset(also)
        for name, field in self.fields.items():
            if hasattr(field, "choices"):
                # Names the values, and never repeats what was sent.
                allowed = ", ".join(value for value, label in field.choices if value)
                field.error_messages["invalid_choice"] = _("“%(name)s” must be one of: %(allowed)s.") % {
                    "name": name,
                    "allowed": allowed,
                }

    def clean(self):
        for name in self.data:
            shown = str(name)[:50]
            if name not in self.fields and name not in self.also:
                self.add_error(
                    None,
                    _("“%(shown)s” is not a filter. The filters are: %(filters)s.")
                    % {"shown": shown, "filters": ", ".join(self.fields)},
                )
            elif name in self.fields and hasattr(self.data, "getlist") and len(self.data.getlist(name)) > 1:
                self.add_error(name, _("“%(shown)s” may be given only once.") % {"shown": shown})

    def as_dict(self):
        """The filters that are set, as they were sent: the same rows whoever reads them back as `data`."""
        return {name: self.data[name] for name in self.fields if self.data.get(name)}

    @property
    def querystring(self):
        return urlencode(self.as_dict())

    def describe(self):
        """The filters that are set, for people: a list of (label, words)."""
        choices = {name: dict(getattr(field, "choices", ())) for name, field in self.fields.items()}
        return [(self[name].label, choices[name].get(value, value)) for name, value in self.as_dict().items()]

    def suggested_organizations(self):
        return Organization.objects.order_by("name").values_list("slug", "name")[:SUGGESTED]

    def suggested_people(self):
        return User.objects.order_by("email").values_list("email", "name")[:SUGGESTED]
