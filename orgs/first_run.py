"""The first run: an empty installation gets its owner, its first organization and, if wanted, tasks to learn with.

The page exists as long as there is nobody. Whoever sends it first wins; `Installation.claim` decides in the database.
"""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import NewPersonForm
from accounts.models import Installation, User
from orgs.forms import NewOrganizationForm
from orgs.models import Organization
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
        messages.info(request, _("This Roost has just been set up. Please sign in."))
        return redirect("account_login")
    login(request, owner)
    messages.success(
        request,
        _("Welcome, %(person)s. %(organization)s is ready.")
        % {"person": owner.name, "organization": organization.name},
    )
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
    organization = Organization.objects.found(
        owner, name=wanted["organization_name"], slug=wanted["slug"], time_zone=wanted["time_zone"]
    )
    if wanted["sample_tasks"]:
        create_sample_tasks(organization, owner)
    return owner, organization


class FirstRunForm(NewPersonForm, NewOrganizationForm):
    password2 = forms.CharField(
        label=_("Password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    sample_tasks = forms.BooleanField(
        label=_("Start with a few tasks that show how Roost works"), required=False, initial=True
    )

    def clean(self):
        super().clean()
        password, again = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if password and again and password != again:
            self.add_error("password2", _("The two passwords are not the same."))
