import gc
import logging
import multiprocessing
import os
from functools import partial
from importlib import import_module

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import get_resolver
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from config import lock
from jobs.consumer import die_with
from ops import forks

logger = logging.getLogger("web")

#: Seconds in which requests may end at a stop; supervisord.conf allows a little more.
GRACE = 30


class Command(BaseCommand):
    help = "Serve the web on PORT with WEB_WORKERS processes. `serve` runs this and all else."
    requires_system_checks = []  # `prepare` has made them; a restart after a death must not wait for them

    def handle(self, **options):
        lock.share()
        # Loaded before the workers are forked, who share the memory and the time that it takes.
        _ = get_resolver().url_patterns
        import_module("config.asgi")
        multiprocessing.set_start_method("fork")
        forks.guard()
        server = Granian(
            "config.asgi:application",
            address="0.0.0.0",  # noqa: S104 (all interfaces is what a server is for)
            port=settings.PORT,
            interface=Interfaces.ASGI,
            workers=settings.WEB_WORKERS,
            http=HTTPModes.http1,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=GRACE,
            log_dictconfig=settings.LOGGING,
            log_level=LogLevels.warning,
            process_name="python manage.py run_web",
        )
        server.on_startup(lambda: logger.info("serving %s on port %s", settings.PUBLIC_URL, settings.PORT))
        gc.collect()
        gc.freeze()  # keeps the collector from unsharing the pages that workers share with us
        server.serve(target_loader=partial(load_in_worker, os.getpid()), wrap_loader=False)


def load_in_worker(parent):
    """What each worker process serves. `parent` is the pid of their common one: no worker goes on without it."""
    # Not SIGTERM: one that has just been forked would note it and forget it, and then serve for ever beside the next.
    die_with(parent)
    from config.asgi import application

    return application
