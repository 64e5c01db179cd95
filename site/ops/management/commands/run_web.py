import ctypes
import logging
import os
import signal
import sys

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import get_resolver
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from ops import forks

logger = logging.getLogger("web")

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Command(BaseCommand):
    help = "Serve the web on PORT with WEB_WORKERS processes. `serve` runs this and all else."
    requires_system_checks = []  # `prepare` has made them; a restart after a death must not wait for them

    def handle(self, **options):
        # Before the workers are forked, so that they share the memory and the time that loading takes.
        _ = get_resolver().url_patterns
        server = Granian(
            "config.asgi:application",
            address="0.0.0.0",  # noqa: S104 (all interfaces is what a server is for)
            port=settings.PORT,
            interface=Interfaces.ASGI,
            workers=settings.WEB_WORKERS,
            http=HTTPModes.http1,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=30,
            log_dictconfig=settings.LOGGING,
            log_level=LogLevels.warning,
        )
        forks.guard()
        server.on_startup(lambda: logger.info("serving %s on port %s", settings.PUBLIC_URL, settings.PORT))
        server.serve(target_loader=load_in_worker, wrap_loader=False)


def load_in_worker():
    """What each worker process serves."""
    stop_with_parent()
    from config.asgi import application

    return application


def stop_with_parent():
    """Without this, workers whose parent was killed would go on for ever, beside those of the next one (prctl(2))."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)
