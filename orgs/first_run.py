"""The first run: an empty installation gets its owner, its first organization and, if wanted, tasks to learn with.

The page exists as long as there is nobody. Whoever sends it first wins; `Installation.claim` decides in the database.
"""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import HOW_TO_CHOOSE, NameField, TimeZoneField
from accounts.models import Installation, User
from orgs.models import Membership, Organization, Role
from orgs.sample_tasks import create_sample_tasks


@never_cache
@sensitive_post_parameters("password1", "password2")
def first_run(request):
    if not Installation.is_unclaimed():
        raise Http404
    form = FirstRunForm(request.POST or None, initial={"time_zone": settings.TIME_ZONE})
    if not (request.method == "POST" and form.is_valid()):
        return render(request, "orgs/first_run.html", {"form": form})
    try:
        owner, organization = set_up(form.cleaned_data)
    except Installation.AlreadyClaimed:
        messages.info(request, "This Roost has just been set up. Please sign in.")
        return redirect("account_login")
    login(request, owner)
    messages.success(request, f"Welcome, {owner.name}. {organization.name} is ready.")
    return redirect("task_list", slug=organization.slug)


@transaction.atomic
def set_up(wanted):
    """Make the owner and the organization of the form's cleaned data `wanted`.

    Returns both. Raises Installation.AlreadyClaimed, having changed nothing, where somebody else was first.
    """
    Installation.claim()
    owner = User.objects.create_superuser(
        wanted["email"], wanted["password1"], name=wanted["name"], time_zone=wanted["time_zone"]
    )
    organization = Organization.objects.create(
        name=wanted["organization_name"], slug=wanted["slug"], time_zone=wanted["time_zone"]
    )
    Membership.objects.create(organization=organization, user=owner, role=Role.OWNER)
    if wanted["sample_tasks"]:
        create_sample_tasks(organization, owner)
    return owner, organization


NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class FirstRunForm(forms.Form):
    name = NameField()
    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password1 = forms.CharField(label="Password", strip=False, widget=NEW_PASSWORD, help_text=HOW_TO_CHOOSE)
    password2 = forms.CharField(label="Password again", strip=False, widget=NEW_PASSWORD)
    time_zone = TimeZoneField()
    organization_name = NameField(label="Name of your team or company", autocomplete="organization")
    slug = forms.SlugField(
        label="Short name",
        max_length=50,
        required=False,
        help_text="Stands in addresses, such as /orgs/acme/tasks/. Left empty, it is made from the name.",
        widget=forms.TextInput(attrs={"data-slug-of": "id_organization_name", "autocapitalize": "none"}),
    )
    sample_tasks = forms.BooleanField(
        label="Start with a few tasks that show how Roost works", required=False, initial=True
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.is_bound:  # the browser's zone is a suggestion, which never overrides what somebody chose
            self.fields["time_zone"].widget.attrs["data-own-time-zone"] = True

    def clean_slug(self):
        slug = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("organization_name", ""))[:50] or "team"
        if Organization.objects.filter(slug=slug).exists():
            raise ValidationError("Another organization has this short name.")
        return slug.lower()

    def clean(self):
        password, again = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if password and again and password != again:
            self.add_error("password2", "The two passwords are not the same.")
        if password:
            person = User(name=self.cleaned_data.get("name", ""), email=self.cleaned_data.get("email", ""))
            try:
                password_validation.validate_password(password, person)
            except ValidationError as error:
                self.add_error("password1", error)
