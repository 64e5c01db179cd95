"""The members of an organization: who they are, and for managers changing and removing them."""

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import InvalidPage, Paginator
from django.db.models import Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from mail.models import Email
from orgs.forms import InvitationForm, RoleForm
from orgs.http import in_organization, show
from orgs.models import Role
from orgs.permissions import can_give, can_manage_members, can_manage_owners

PAGE_SIZE = 50
#: By the name as the page shows it, upper and lower case alike.
BY_NAME = (Lower(Coalesce(NullIf("user__name", Value("")), "user__email")), "pk")
#: What is said of whose role was changed.
NOW_IS = {
    Role.OWNER: _("%(person)s is owner now."),
    Role.ADMIN: _("%(person)s is admin now."),
    Role.MEMBER: _("%(person)s is member now."),
    Role.VIEWER: _("%(person)s is viewer now."),
}


@require_safe
@in_organization()
def member_list(request):
    return show_members(request, InvitationForm(giver=request.role, initial={"role": Role.MEMBER}))


def show_members(request, form):
    """The members, and for those who look after them who is invited, and the `form` for inviting."""
    memberships = request.organization.memberships.select_related("user").order_by(*BY_NAME)
    try:
        page = Paginator(memberships, PAGE_SIZE).page(request.GET.get("page", 1))
    except InvalidPage:
        raise BadRequest(_("There is no such page of members.")) from None
    context = {"page": page, "may_manage": can_manage_members(request.role)}
    if context["may_manage"]:
        context |= {
            "form": form,
            "may_manage_owners": can_manage_owners(request.role),
            "invitations": invitations(request),
            "mail_is_held": Email.is_held(),
        }
    return show(request, "orgs/member_list.html", context)


def invitations(request):
    """Those that have not ended, the newest first; `may_change` of each says whether the asking person may."""
    open_ = request.organization.invitations.not_ended().with_vouching()
    found = list(open_.select_related("invited_by").order_by("-pk"))
    for invitation in found:
        invitation.may_change = can_give(request.role, invitation.role)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_manage_members)
def edit_member(request, member_id):
    """Change somebody's role."""
    membership = get_membership(request, member_id)
    form = RoleForm(request.POST or None, giver=request.role, initial={"role": membership.role})
    if request.method == "POST" and form.is_valid():
        try:
            membership.change_role(form.cleaned_data["role"], by=request.user)
        except ValidationError as error:
            form.add_error("role", error)
        else:
            messages.success(request, NOW_IS[membership.role] % {"person": membership.user})
            return redirect("member_list", request.organization.slug)
    may_hand_over = request.role == Role.OWNER and membership.user != request.user
    context = {"membership": membership, "form": form, "may_hand_over": may_hand_over}
    return show(request, "orgs/edit_member.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_manage_owners)
def hand_over_ownership(request, member_id):
    """Asks first: they become an owner, and whoever asks an admin."""
    successor = get_object_or_404(
        request.organization.memberships.select_related("user").exclude(user=request.user), pk=member_id
    )
    mine = get_object_or_404(request.organization.memberships, user=request.user)
    if request.method == "POST" and changed(request, lambda: mine.hand_over(successor, by=request.user)):
        messages.success(request, _("%(person)s is owner now, and you are admin.") % {"person": successor.user})
        return redirect("member_list", request.organization.slug)
    return show(request, "orgs/hand_over_ownership.html", {"membership": successor})


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_manage_members)
def remove_member(request, member_id):
    """Asks first."""
    membership = get_membership(request, member_id)
    if request.method == "POST" and changed(request, lambda: membership.remove(by=request.user)):
        messages.success(request, _("%(person)s is no longer a member.") % {"person": membership.user})
        return redirect("member_list", request.organization.slug)
    return show(
        request, "orgs/remove_member.html", {"membership": membership, "invitations": open_invitations(membership)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization()
def leave_organization(request):
    """Asks first."""
    membership = get_object_or_404(request.organization.memberships, user=request.user)
    if request.method == "POST" and changed(request, lambda: membership.remove(by=request.user)):
        messages.success(request, _("You have left %(organization)s.") % {"organization": request.organization})
        return redirect("home")
    return show(request, "orgs/leave_organization.html", {"invitations": open_invitations(membership)})


def open_invitations(membership):
    """How many of a member's invitations would be revoked with the end of the membership."""
    return membership.organization.invitations.not_ended().filter(invited_by=membership.user).count()


def get_membership(request, member_id):
    """The membership, which the asking person may change. Raises Http404 and PermissionDenied."""
    membership = get_object_or_404(request.organization.memberships.select_related("user"), pk=member_id)
    if not can_give(request.role, membership.role):
        raise PermissionDenied(_("Only an owner can change or remove an owner."))
    return membership


def changed(request, verb):
    """Do it. Returns False, having said why, where that is refused."""
    try:
        verb()
    except ValidationError as error:
        messages.error(request, error.message)
        return False
    return True
