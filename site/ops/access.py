"""Who may see how the installation runs: people with `is_staff`, and programs that know OPS_TOKEN."""

from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils.crypto import constant_time_compare


def staff_only(view):
    """Whoever does not operate this installation does not see that there is such a page."""

    @login_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def has_token(request) -> bool:
    """Whether the request carries OPS_TOKEN as `Authorization: Bearer …` (RFC 6750, 2.1). Without one nobody does."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    known = bool(settings.OPS_TOKEN) and scheme.lower() == "bearer"
    return known and constant_time_compare(token.strip(), settings.OPS_TOKEN)


def may_watch(request) -> bool:
    """Whether a program with the token asks, or somebody who operates this installation."""
    return has_token(request) or (request.user.is_authenticated and request.user.is_staff)


def watchers_only(view):
    """For programs: a wrong token gets a 401; whoever has none, and is no operator, does not see that there is such an
    address."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if may_watch(request):
            return view(request, *args, **kwargs)
        if "Authorization" in request.headers:
            words = "The token is not the one of OPS_TOKEN.\n"
            return HttpResponse(
                words, status=401, content_type="text/plain", headers={"WWW-Authenticate": 'Bearer realm="Roost"'}
            )
        raise Http404

    return guarded
