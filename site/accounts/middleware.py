from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from accounts.models import Installation
from jobs import log


class UserLogMiddleware:
    """Puts the id of whoever is signed in on the log lines of the request, the one that ends it included."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        self.note(request)
        response = self.get_response(request)
        self.note(request)  # whoever has just signed in
        return response

    @staticmethod
    def note(request):
        if request.user.is_authenticated:
            log.note(user=request.user.pk)


class TimeZoneMiddleware:
    """Shows times in the zone of whoever is signed in, for the length of the request."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(request.user.zone):
            return self.get_response(request)


class PrivateMiddleware:
    """Keeps the pages of whoever is signed in out of all caches, so that nobody leafs back to them once that person has
    signed out (OWASP, "Session Management Cheat Sheet", Web Content Caching). A view may decide otherwise."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class SignedOutMiddleware:
    """Answers a request of htmx with 401 where a page would be led to the sign-in: htmx would follow, and show the form
    of the sign-in as a part of the page. The page says it in words then (static/js/requests.js).

    So does the page of somebody (`X-Page-Of`, in base.html) as whom nobody is signed in any more, but another person:
    what is posted there would be done in their name."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.htmx and request.method == "POST" and self._is_of_somebody_else(request):
            return HttpResponse(status=401)
        response = self.get_response(request)
        if response.headers.get("Location", "").partition("?")[0] == resolve_url(settings.LOGIN_URL):
            if request.htmx and not request.user.is_authenticated:
                response = HttpResponse(status=401)
            patch_vary_headers(response, ["HX-Request"])
        return response

    @staticmethod
    def _is_of_somebody_else(request):
        person = request.user.pk
        return person is not None and request.headers.get("X-Page-Of", str(person)) != str(person)


class LeadOnMiddleware:
    """Where a form that htmx has posted leads to another page than the one it stands on, that page is opened as by a
    link (https://htmx.org/headers/hx-redirect/): with its own title, scripts and entry in the history. What was done is
    told there, since nothing has read the messages meanwhile. Where it leads back htmx follows, and changes the page
    in place."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.method == "POST" and request.htmx and isinstance(response, HttpResponseRedirect):
            target = urljoin(request.path, response.url)
            if not self._stands_on(target, request):
                # The same response, since others have put cookies into it.
                response.headers["HX-Redirect"] = target
                del response.headers["Location"]
                response.status_code = 204
        return response

    @staticmethod
    def _stands_on(target, request):
        try:
            here = urlsplit(request.htmx.current_url_abs_path or "").path
        except ValueError:  # the header may hold anything
            return False
        return not urlsplit(target).netloc and urlsplit(target).path == here


class FirstRunMiddleware:
    """Leads whoever opens an installation without people to the page that makes its owner."""

    ENTRANCES = frozenset({"home", "account_login", "account_signup"})

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        at = request.resolver_match.url_name
        if at in self.ENTRANCES and not request.user.is_authenticated and Installation.is_unclaimed():
            return redirect("first_run")
        return None
