"""What whoever gets e-mails decides about them."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mail import preferences
from mail import unsubscribe as links
from mail.forms import PreferencesForm
from mail.models import Suppression


@csrf_exempt  # a mail program posts without our cookies (RFC 8058, 3.1); the signature in the link is the proof
def unsubscribe(request, token):
    """Asks (GET), and does it (POST); the answer to a POST is no redirect, as RFC 8058 demands."""
    try:
        user_id, kind = links.read(token)
    except ValueError as error:
        raise Http404(str(error)) from error
    done = request.method == "POST"
    user = get_user_model().objects.filter(pk=user_id).first()
    if done and user:  # whose account is gone gets no more e-mails anyway
        preferences.opt_out(user, kind)
    return render(request, "mail/unsubscribe.html", {"kind": kind, "done": done})


@login_required
@require_POST
def save_preferences(request):
    form = PreferencesForm(request.POST, user=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your choice of e-mails is saved."))
    return redirect("profile")


@login_required
@require_POST
def confirm_address(request):
    """The address that a mail server called unknown is right."""
    Suppression.objects.lift(request.user.email)
    messages.success(request, _("E-mails go to %(email)s again.") % {"email": request.user.email})
    return redirect("profile")
