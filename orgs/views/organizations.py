from copy import copy

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orgs.forms import SLUG_IS_TAKEN, NewOrganizationForm, OrganizationForm
from orgs.http import in_organization, show
from orgs.models import Organization
from orgs.permissions import can_change_settings, can_create_organizations


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create_organization(request):
    if not can_create_organizations(request.user):
        raise PermissionDenied(_("Only those who operate this Roost make organizations."))
    form = NewOrganizationForm(request.POST or None, initial={"time_zone": request.user.time_zone})
    if request.method == "POST" and form.is_valid():
        try:
            organization = Organization.objects.found(request.user, **form.columns)
        except IntegrityError:  # somebody else took the short name at this moment
            form.add_error("slug", SLUG_IS_TAKEN)
        else:
            messages.success(request, _("%(organization)s is ready.") % {"organization": organization.name})
            return redirect("task_list", organization.slug)
    return render(request, "orgs/create_organization.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_change_settings)
def organization_settings(request):
    # A copy, so that the page's header keeps the name that is valid.
    form = OrganizationForm(request.POST or None, instance=copy(request.organization))
    if request.method == "POST" and form.is_valid():
        form.instance.change_settings(by=request.user)
        messages.success(request, _("The settings are saved."))
        return redirect("organization_settings", request.organization.slug)
    return show(request, "orgs/organization_settings.html", {"form": form})
