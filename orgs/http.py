"""What views of an organization share: whose it is, and pages for people, JSON for everybody else."""

from contextlib import contextmanager
from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import F
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from config.rows import is_gone
from jobs import log
from orgs.models import Organization, Role


def wants_html(request):
    """Whether the answer is a page: `Accept` prefers text/html to JSON (RFC 9110, 12.5.1). `*/*` and none mean JSON."""
    return request.get_preferred_type(["application/json", "text/html"]) == "text/html"


def json_error(status, message, fields=None, headers=None):
    """A JsonResponse with `error`, and `fields` (parameter to list of messages) where these are at fault."""
    return JsonResponse({"error": message, **({"fields": fields} if fields else {})}, status=status, headers=headers)


def form_error(*forms):
    """The 400 for forms that are not valid: their messages in one sentence, and by field."""
    fields = {name: list(errors) for form in forms for name, errors in form.errors.items()}
    return json_error(400, " ".join(message for errors in fields.values() for message in errors), fields=fields)


def in_organization(permission=None):
    """Decorate a view that takes `slug`: it gets `request.organization` and `request.role` instead.

    Whoever is not signed in is led to the sign-in page, or gets a 401 as JSON; a stranger gets a 404; a member whose
    role `permission` (a function of orgs.permissions) refuses gets a 403. What the view has found, and somebody else
    has deleted since, the organization too, is a 404.
    """

    def decorate(view):
        @wraps(view)
        def inner(request, slug, **kwargs):
            if not request.user.is_authenticated:
                answer = _ask_to_sign_in(request)
            else:
                mine = Organization.objects.for_user(request.user).annotate(role=F("memberships__role"))
                request.organization = get_object_or_404(mine, slug=slug)
                request.role = Role(request.organization.role)
                log.note(organization=request.organization.pk)
                if permission and not permission(request.role):
                    raise PermissionDenied
                with gone_is_404():
                    answer = view(request, **kwargs)
            patch_vary_headers(answer, ["Accept"])
            return answer

        return inner

    return decorate


def signed_in(view):
    """Decorate a view of what belongs to a person, whatever the organization.

    Whoever is not signed in is led to the sign-in page, or gets a 401 as JSON.
    """

    @wraps(view)
    def inner(request, **kwargs):
        answer = view(request, **kwargs) if request.user.is_authenticated else _ask_to_sign_in(request)
        patch_vary_headers(answer, ["Accept"])
        return answer

    return inner


def _ask_to_sign_in(request):
    if not wants_html(request):
        return json_error(401, _("Sign in first."))
    # What was posted is lost, and its address is no page to come back to.
    return redirect_to_login(request.get_full_path()) if request.method == "GET" else redirect("account_login")


@contextmanager
def gone_is_404():
    """What is gone when it is to be read again, changed, or referred to, is a 404, as it is a moment later."""
    try:
        yield
    except (ObjectDoesNotExist, IntegrityError) as error:
        if is_gone(error):
            raise Http404 from error
        raise


@contextmanager
def refused_in(form):
    """What a verb refuses with a ValidationError, having looked once more, is an error of the `form` as if that had."""
    try:
        yield
    except ValidationError as error:
        form.add_error(None, error)


def show(request, template, context, status=200):
    """Render a page of `request.organization`, for `in_organization`."""
    shared = {"organization": request.organization, "role": request.role}
    return render(request, template, {**shared, **context}, status=status)


def way_back(request):
    """The path on this site that the parameter `next` names, or None: never a page of somebody else's."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    # Only a path, which is what our pages send: redirect() takes a word without a slash for the name of a view. In a
    # link browsers leave out tabs and line breaks, which makes of "/\t//evil.test" another site
    # (https://url.spec.whatwg.org/#concept-basic-url-parser).
    is_path = wanted.startswith("/") and wanted.isprintable()
    return wanted if is_path and url_has_allowed_host_and_scheme(wanted, None) else None


def say_done(request, words, undo=None):
    """Tell what has just been done, on the next page, beside a button that is posted to the address `undo`."""
    messages.success(request, words, extra_tags=undo or "")
