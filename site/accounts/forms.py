"""The forms of signing in, which are allauth's with our words, and the profile's."""

from functools import cache

from allauth.account import forms as allauth
from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.models import User, time_zones, validate_name

HOW_TO_CHOOSE = _("At least 10 characters. A few unrelated words are strong and easy to keep in mind.")


class NameField(forms.CharField):
    """The name of a person or a team: at most 100 characters, without control characters, with single spaces."""

    def __init__(self, *, label=None, autocomplete="name", **kwargs):
        widget = forms.TextInput(attrs={"autocomplete": autocomplete})
        super().__init__(
            label=label or _("Your name"), max_length=100, validators=[validate_name], widget=widget, **kwargs
        )

    def to_python(self, value):
        return " ".join(super().to_python(value).split())


@cache
def time_zone_choices():
    """All zones, grouped by the first part of their names: [("Europe", [("Europe/Berlin", "Berlin"), …]), …]."""
    groups = {}
    for name in sorted(time_zones()):
        region, slash, place = name.partition("/")
        group, label = (region, place) if slash else ("Other", name)
        groups.setdefault(group, []).append((name, label.replace("_", " ")))
    return sorted(groups.items(), key=lambda group: (group[0] in {"Etc", "Other"}, group[0]))


@cache
def time_zone_options():
    """All zones as the HTML of options, drawn once: Django's one template per option takes 60 ms for these 600."""
    groups = (
        (region, format_html_join("", '<option value="{}">{}</option>', zones)) for region, zones in time_zone_choices()
    )
    return format_html_join("\n", '<optgroup label="{}">{}</optgroup>', groups)


class TimeZoneSelect(forms.Select):
    template_name = "accounts/time_zone_select.html"

    def optgroups(self, name, value, attrs=None):
        return []

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        option = format_html('<option value="{}"', value)
        options = time_zone_options().replace(option, f"{option} selected", 1)
        return context | {"options": mark_safe(options)}  # noqa: S308 (both parts are escaped)


class TimeZoneField(forms.ChoiceField):
    widget = TimeZoneSelect

    def __init__(self, **kwargs):
        super().__init__(choices=time_zone_choices, **{"label": _("Time zone"), **kwargs})


class NewPersonForm(forms.Form):
    """What an account is made of where the address needs no proof by mail."""

    name = NameField()
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=HOW_TO_CHOOSE,
    )
    time_zone = TimeZoneField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.is_bound:  # the browser's zone is a suggestion, which never overrides what somebody chose
            self.fields["time_zone"].widget.attrs["data-own-time-zone"] = True

    def clean(self):
        super().clean()
        if password := self.cleaned_data.get("password1"):
            person = User(name=self.cleaned_data.get("name", ""), email=self.cleaned_data.get("email", ""))
            try:
                password_validation.validate_password(password, person)
            except ValidationError as error:
                self.add_error("password1", error)


class ProfileForm(forms.ModelForm):
    name = NameField()
    time_zone = TimeZoneField(help_text=_("Times are shown in this zone."))

    reminder_hour = forms.TypedChoiceField(
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        coerce=int,
        label=_("Daily reminder at"),
        help_text=_("The e-mail about tasks that are due comes at this hour, in your time zone."),
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "reminder_hour"]


class OurWords:
    """allauth's labels as placeholders go, since every field here has a visible label; `words` are ours."""

    words = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.words.get(name, field.label)
            if isinstance(field, allauth.PasswordField):
                chosen_here = name == "password1"
                field.help_text = HOW_TO_CHOOSE if chosen_here else ""


class LoginForm(OurWords, allauth.LoginForm):
    words = {"login": _("E-mail address")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autofocus": True}
        self.registration_is_open = settings.OPEN_REGISTRATION


class SignupForm(OurWords, allauth.SignupForm):
    words = {"email": _("E-mail address")}
    field_order = ["name", "email", "password1"]

    name = NameField()

    def try_save(self, request):
        """As allauth's, except that of two clicks which arrive at once the second one is no server error."""
        # That takes long on purpose: of an address that has an account too, so that nobody learns by the clock who is
        # here, and not while others wait to write.
        self.hashed = make_password(self.cleaned_data.pop("password1"))
        if not self.account_already_exists:
            try:
                with transaction.atomic():
                    return self.save(request), None
            except IntegrityError:
                self.account_already_exists = True
        return super().try_save(request)


class AddEmailForm(OurWords, allauth.AddEmailForm):
    words = {"email": _("New e-mail address")}


class ChangePasswordForm(OurWords, allauth.ChangePasswordForm):
    words = {"oldpassword": _("Current password"), "password1": _("New password"), "password2": _("New password again")}


class SetPasswordForm(OurWords, allauth.SetPasswordForm):
    words = {"password2": _("Password again")}


class ResetPasswordForm(OurWords, allauth.ResetPasswordForm):
    words = {"email": _("E-mail address")}


class ResetPasswordKeyForm(OurWords, allauth.ResetPasswordKeyForm):
    words = {"password1": _("New password"), "password2": _("New password again")}


class ReauthenticateForm(OurWords, allauth.ReauthenticateForm):
    pass
