"""How Roost is, and what it says when something goes wrong: pages for people, JSON for everybody else."""

from django.core.exceptions import BadRequest
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe

from ops import health
from ops.health import answers
from orgs.http import json_error, wants_html


@require_safe
def show_health(request):
    """For whoever is signed in; `ops.middleware.HealthMiddleware` answers all others."""
    return answers.answer(health.latest(), detailed=request.user.is_staff)


# ---- when something goes wrong


def bad_request(request, exception):
    """Also what Django itself refuses (SuspiciousOperation), whose details are for the log only."""
    ours = str(exception) if isinstance(exception, BadRequest) else ""
    return _error(request, 400, _("Bad request"), ours or _("This request could not be understood."))


def permission_denied(request, exception):
    words = str(exception) or _("You may see this, but your role does not allow what you wanted to do.")
    return _error(request, 403, _("Not allowed"), words)


def page_not_found(request, exception):
    return _error(request, 404, _("Not found"), _("There is nothing at this address, or it is not yours to see."))


def csrf_failure(request, reason=""):
    """A form from elsewhere, without its cookie, or from before the last sign-in (settings.CSRF_FAILURE_VIEW)."""
    words = _("The form was not sent from this site's own page, or is too old. Go back, reload the page and try again.")
    if request.htmx:  # it has a new token by now, which it is posted with the next time (static/js/shell.js)
        words = _("This form was too old. Nothing is lost: try again.")
    return _error(request, 403, _("Please try again"), words)


def server_error(request):
    """Needs neither database nor static files nor context: any of them may be what is broken."""
    request_id = getattr(request, "id", "")
    title = _("Something went wrong")
    words = _("The mistake is ours, and what you sent may not have been saved. Please try again in a moment.")
    if not wants_html(request):
        return JsonResponse({"error": _("Something went wrong on our side."), "request_id": request_id}, status=500)
    page = render_to_string("bare.html", {"title": title, "words": words, "request_id": request_id})
    return HttpResponse(page, status=500)


@requires_csrf_token  # the page has a form to sign out, and Django's middleware may not have run yet
def _error(request, status, title, words):
    if wants_html(request):
        # Within an organization its navigation stays: orgs.http.in_organization has noted which one it is.
        where = {name: getattr(request, name, None) for name in ("organization", "role")}
        answer = render(request, "ops/error.html", {"title": title, "words": words, **where}, status=status)
    else:
        answer = json_error(status, words)
    patch_vary_headers(answer, ["Accept"])
    return answer
