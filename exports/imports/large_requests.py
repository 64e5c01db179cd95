"""Which requests may be larger than others: those of whoever is signed in, and far larger those by which somebody who
may import tasks sends a file of them."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.urls import Resolver404, resolve

from config.wsgi import Request
from orgs.models import Organization
from orgs.permissions import can_import_tasks

#: Bytes that a form has beside its file.
FORM = 64 * 1024


def limit(environ) -> int:
    """How many bytes the body of the request may have (settings.LARGE_REQUESTS): 0 for nothing special.

    Asked before more of the body is read, so that nobody fills our disk or keeps our threads who may not send it.
    """
    request = Request(environ)
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return 0
    if request.method != "POST":
        return 0
    close_old_connections()
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not user.is_authenticated:
        return 0
    if match.url_name != "new_import":
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    organization = Organization.objects.for_user(user).filter(slug=match.kwargs["slug"]).first()
    allowed = organization and can_import_tasks(organization.role_of(user))
    return settings.IMPORT_MAX_SIZE + FORM if allowed else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
