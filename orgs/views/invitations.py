"""Inviting people, and the page behind the link that they get. Opening that page changes nothing: programs that look
through mail open every link."""

from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from mail.models import Email
from orgs.forms import AcceptForm, InvitationForm
from orgs.http import in_organization
from orgs.models import Invitation, Organization
from orgs.models.invitation import Closed
from orgs.permissions import can_give, can_manage_members
from orgs.views.members import show_members

# ---- for those who look after members


@require_POST
@in_organization(can_manage_members)
def invite_member(request):
    form = InvitationForm(request.POST, giver=request.role)
    if form.is_valid():
        try:
            invitation = Invitation.send(
                request.organization, form.cleaned_data["email"], form.cleaned_data["role"], request.user
            )
        except ValidationError as error:
            form.add_error("email", error)
        else:
            messages.success(request, _("%(email)s is invited.") % {"email": invitation.email})
            show_link(request, invitation)
            return redirect("member_list", request.organization.slug)
    return show_members(request, form)


@require_POST
@in_organization(can_manage_members)
def resend_invitation(request, invitation_id):
    return change(request, invitation_id, Invitation.resend, _("%(email)s is invited again."))


@require_POST
@in_organization(can_manage_members)
def revoke_invitation(request, invitation_id):
    return change(request, invitation_id, Invitation.revoke, _("The invitation of %(email)s is revoked."))


def change(request, invitation_id, verb, words):
    """Do it to an invitation that has not ended, and lead back to the members."""
    invitation = get_object_or_404(request.organization.invitations.not_ended(), pk=invitation_id)
    if not can_give(request.role, invitation.role):
        raise PermissionDenied(_("Only an owner can change the invitation of an owner."))
    invitation.organization = request.organization
    try:
        verb(invitation, request.user)
    except ValidationError as error:
        messages.error(request, error.message)
    except Closed:
        words = _("The invitation of %(email)s has just been used or changed: look again.")
        messages.info(request, words % {"email": invitation.email})
    else:
        messages.success(request, words % {"email": invitation.email})
        show_link(request, invitation)
    return redirect("member_list", request.organization.slug)


def show_link(request, invitation):
    """Where no mail leaves yet, whoever operates the installation may bring the link of their own invitation: an
    account made with it counts as proven because they vouch, as for one made at the command line. Others may not: they
    could make accounts in the name of people who never hear of it."""
    if invitation.link and request.user.is_staff and Email.is_held():
        words = _("There is no mail server yet. Give them this link yourself: %(link)s")
        messages.warning(request, words % {"link": invitation.link})


# ---- for whoever has the link


@never_cache
@sensitive_post_parameters("password1")
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request, invitation_id, secret):
    """Asks (GET), and makes a member (POST): of whoever is signed in, or of somebody new.

    Whoever is signed in with another address than the invited one may join too, having read both: people have several
    addresses, and the link alone is the proof that it reached them.
    """
    invitations = Invitation.objects.select_related("organization", "invited_by")
    invitation = invitations.with_secret(invitation_id, secret)
    if invitation is None:
        return show_closed(request, None, 404)
    if not invitation.is_open:
        return show_closed(request, invitation, 410)
    context = {"invitation": invitation, "to_join": invitation.organization}
    try:
        if request.user.is_authenticated:
            return join(request, invitation, context)
        if User.objects.filter(email__iexact=invitation.email).exists():
            return render(request, "orgs/sign_in_to_join.html", context)
        return join_as_new_person(request, invitation, context)
    except (Closed, Organization.DoesNotExist):
        invitation = invitations.with_secret(invitation_id, secret)
        return show_closed(request, invitation, 410 if invitation else 404)


def join(request, invitation, context):
    if request.method != "POST":
        is_invited = invitation.email == request.user.email.lower()
        is_member = invitation.organization.role_of(request.user) is not None
        return render(request, "orgs/join.html", {**context, "is_invited": is_invited, "is_member": is_member})
    if invitation.accept(request.user):
        messages.success(request, _("Welcome to %(organization)s.") % {"organization": invitation.organization})
    else:
        words = _("You are a member of %(organization)s already.")
        messages.info(request, words % {"organization": invitation.organization})
    return redirect("task_list", invitation.organization.slug)


def join_as_new_person(request, invitation, context):
    form = AcceptForm(
        request.POST or None, email=invitation.email, initial={"time_zone": invitation.organization.time_zone}
    )
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        try:
            user = invitation.accept_as_new_person(
                wanted["password1"], name=wanted["name"], time_zone=wanted["time_zone"]
            )
        except IntegrityError:
            words = _("%(email)s has just got an account. Sign in with it.")
            messages.info(request, words % {"email": invitation.email})
            return redirect(request.path)
        login(request, user)
        words = _("Welcome to %(organization)s, %(person)s.")
        messages.success(request, words % {"organization": invitation.organization, "person": user})
        return redirect("task_list", invitation.organization.slug)
    return render(request, "orgs/join_as_new_person.html", {**context, "form": form})


def show_closed(request, invitation, status):
    is_member = (
        invitation is not None
        and request.user.is_authenticated
        and invitation.organization.role_of(request.user) is not None
    )
    context = {"invitation": invitation, "is_member": is_member}
    return render(request, "orgs/invitation_closed.html", context, status=status)
