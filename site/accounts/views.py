from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import ProfileForm
from accounts.models import Session
from mail.forms import PreferencesForm
from mail.models import Suppression

#: Sessions that are listed; who has more signs the others out at once.
LISTED = 50
THEMES = ["system", "light", "dark"]
THEME_COOKIE = "theme"
THEME_KEPT = 365 * 24 * 3600  # seconds


@require_POST
def choose_theme(request):
    """Remember in the browser how pages look there: the server reads it, so that no page flashes in the other colours.
    Leads back to the page that it was asked on."""
    theme = request.POST.get("theme")
    if theme not in THEMES:
        raise BadRequest(_("“theme” must be one of %(names)s.") % {"names": ", ".join(THEMES)})
    page = request.headers.get("Referer", "")
    is_ours = "://" in page and url_has_allowed_host_and_scheme(
        page, {request.get_host()}, require_https=request.is_secure()
    )
    answer = redirect(page if is_ours else settings.LOGIN_REDIRECT_URL)
    if theme == "system":
        answer.delete_cookie(THEME_COOKIE, samesite="Lax")
    else:
        answer.set_cookie(
            THEME_COOKIE,
            theme,
            max_age=THEME_KEPT,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return answer


@login_required
def profile(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
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
        raise Http404(_("This session has ended."))
    session.delete()
    messages.success(request, _("Signed out: %(device)s.") % {"device": session.device})
    return redirect("session_list")


@login_required
@require_POST
def end_other_sessions(request):
    """Sign out everywhere but here."""
    others(request).delete()
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("session_list")


def others(request):
    return Session.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
