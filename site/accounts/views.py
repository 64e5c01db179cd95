from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import ProfileForm
from accounts.models import Session
from mail.forms import PreferencesForm
from mail.models import Suppression

#: Sessions that are listed; who has more signs the others out at once.
LISTED = 50


@login_required
def profile(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your profile is saved.")
        return redirect("profile")
    context = {
        "form": form,
        "mail_preferences": PreferencesForm(user=request.user),
        "suppression": Suppression.objects.of(request.user.email),
    }
    return render(request, "accounts/profile.html", context)


@require_safe
@login_required
def session_list(request):
    """Where one is signed in."""
    sessions = Session.objects.open_of(request.user)
    here = [session for session in sessions if session.session_key == request.session.session_key]
    others = [session for session in sessions if session not in here]
    context = {"here": here, "others": others[:LISTED], "more": len(others[LISTED:])}
    return render(request, "accounts/session_list.html", context)


@login_required
@require_POST
def end_session(request, handle):
    """Sign out of another browser."""
    session = next((each for each in others(request) if each.handle == handle), None)
    if session is None:
        raise Http404("This session has ended.")
    session.delete()
    messages.success(request, f"Signed out: {session.device}.")
    return redirect("session_list")


@login_required
@require_POST
def end_other_sessions(request):
    """Sign out everywhere but here."""
    others(request).delete()
    messages.success(request, "You are signed out everywhere else.")
    return redirect("session_list")


def others(request):
    return Session.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
