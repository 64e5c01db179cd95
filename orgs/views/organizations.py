from copy import copy

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from orgs.forms import OrganizationForm
from orgs.http import in_organization, show
from orgs.permissions import can_change_settings


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_change_settings)
def organization_settings(request):
    # A copy, so that the page's header keeps the name that is valid.
    form = OrganizationForm(request.POST or None, instance=copy(request.organization))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "The settings are saved.")
        return redirect("organization_settings", request.organization.slug)
    return show(request, "orgs/organization_settings.html", {"form": form})
