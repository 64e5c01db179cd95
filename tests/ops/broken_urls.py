"""The site's addresses, and some where things go wrong."""

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.urls import path

from config import urls
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fail_with(error):
    def view(request):
        raise error

    return view


urlpatterns = [
    path("ours/", fail_with(BadRequest("status: “gone” is not a status."))),
    path("suspicious/", fail_with(SuspiciousOperation("what an attacker should not read"))),
    path("forbidden/", fail_with(PermissionDenied("Viewers may not export."))),
    path("forbidden/silently/", fail_with(PermissionDenied)),
    path("broken/", fail_with(RuntimeError("a secret of ours"))),
    *urls.urlpatterns,
]
