"""The members of an organization: who they are, and for managers adding, changing and removing them."""

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgs.forms import AddMemberForm, RoleForm
from orgs.http import gone_is_404, in_organization, show
from orgs.models import Role
from orgs.permissions import can_manage_members, can_manage_owners

PAGE_SIZE = 50
#: By the name as the page shows it, upper and lower case alike.
BY_NAME = (Lower(Coalesce(NullIf("user__name", Value("")), "user__email")), "pk")


@require_safe
@in_organization()
def member_list(request):
    return show_members(request, AddMemberForm(giver=request.role, initial={"role": Role.MEMBER}))


@require_POST
@in_organization(can_manage_members)
def add_member(request):
    """Add somebody who has an account, by e-mail address."""
    form = AddMemberForm(request.POST, giver=request.role)
    if not form.is_valid():
        return show_members(request, form)
    user, role = form.cleaned_data["user"], form.cleaned_data["role"]
    if request.organization.add_member(user, role):
        messages.success(request, f"{user} is a member now.")
    else:
        messages.info(request, f"{user} is a member already.")
    return redirect("member_list", request.organization.slug)


def show_members(request, form):
    memberships = request.organization.memberships.select_related("user").order_by(*BY_NAME)
    try:
        page = Paginator(memberships, PAGE_SIZE).page(request.GET.get("page", 1))
    except InvalidPage:
        raise BadRequest("There is no such page of members.") from None
    context = {
        "page": page,
        "form": form,
        "may_manage": can_manage_members(request.role),
        "may_manage_owners": can_manage_owners(request.role),
    }
    return show(request, "orgs/member_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_manage_members)
def edit_member(request, member_id):
    """Change somebody's role."""
    membership = get_membership(request, member_id)
    form = RoleForm(request.POST or None, giver=request.role, initial={"role": membership.role})
    if request.method == "POST" and form.is_valid():
        try:
            with gone_is_404():
                membership.change_role(form.cleaned_data["role"])
        except ValidationError as error:
            form.add_error("role", error)
        else:
            messages.success(request, f"{membership.user} is {membership.get_role_display().lower()} now.")
            return redirect("member_list", request.organization.slug)
    return show(request, "orgs/edit_member.html", {"membership": membership, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_manage_members)
def remove_member(request, member_id):
    """Asks first."""
    membership = get_membership(request, member_id)
    if request.method == "POST" and ended(request, membership):
        messages.success(request, f"{membership.user} is no longer a member.")
        return redirect("member_list", request.organization.slug)
    return show(request, "orgs/remove_member.html", {"membership": membership})


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization()
def leave_organization(request):
    """Asks first."""
    membership = get_object_or_404(request.organization.memberships, user=request.user)
    if request.method == "POST" and ended(request, membership):
        messages.success(request, f"You have left {request.organization}.")
        return redirect("home")
    return show(request, "orgs/leave_organization.html", {})


def get_membership(request, member_id):
    """The membership, which the asking person may change. Raises Http404 and PermissionDenied."""
    membership = get_object_or_404(request.organization.memberships.select_related("user"), pk=member_id)
    if membership.role == Role.OWNER and not can_manage_owners(request.role):
        raise PermissionDenied("Only an owner can change or remove an owner.")
    return membership


def ended(request, membership):
    """End the membership. Returns False, having said why, where that is refused. Raises Http404 where it has ended."""
    try:
        with gone_is_404():
            membership.remove()
    except ValidationError as error:
        messages.error(request, error.message)
        return False
    return True
