"""Collects the static files, but only where they have changed: compressing them is the slowest part of a start."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

#: What packages bring and no page of ours links to.
UNUSED = ["django_htmx/ext", "django_htmx/*-4*", "django_htmx/htmx-2.js", "django_htmx/django-htmx.js"]


def collect():
    """Fill STATIC_ROOT unless it holds these very files. Returns whether there was work to do."""
    stamp = settings.STATIC_ROOT / ".fingerprint"
    fingerprint = _fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=UNUSED)
    stamp.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    """Changes with any file's name or content, and with the storage, which decides what becomes of them."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    files = sorted((path, storage) for finder in get_finders() for path, storage in finder.list([]))
    for path, storage in files:
        with storage.open(path) as file:
            digest.update(f"\0{path}\0{hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
    return digest.hexdigest()
