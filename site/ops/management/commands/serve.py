import errno
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.urls import reverse

from accounts.models import Installation
from config import lock
from ops import forks


class Command(BaseCommand):
    help = "Prepare this installation and run all of it in the foreground: the web and the consumers of both queues."

    def add_arguments(self, parser):
        parser.add_argument("--demo", action="store_true", help="load the demo organization first")

    def handle(self, *, demo, **options):
        for signum in (signal.SIGINT, signal.SIGTERM):  # as process 1 of a container none has an effect by default
            signal.signal(signum, lambda *_: sys.exit(0))
        forks.listen()  # held where the supervisor becomes this (SIGHUP)
        os.umask(0o077)  # what is written here is nobody else's to read; supervisord.conf says the same
        refuse_used_port(settings.PORT)
        call_command("prepare")
        lock.share(inheritable=True)
        if demo:
            call_command("load_demo")
        if Installation.is_unclaimed():
            self.stdout.write(f"Roost is empty. Create its owner at {settings.PUBLIC_URL}{reverse('first_run')}")
        else:
            self.stdout.write(f"Roost is at {settings.PUBLIC_URL}/")
        self.stdout.flush()
        connections.close_all()
        become_supervisor()


def refuse_used_port(port):
    """Raise CommandError unless `port` is free. The server itself would not notice: it binds with SO_REUSEPORT, and the
    two would share the connections."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 (what `web` will do)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(f"Port {port} is in use. Choose another one: PORT={port + 1} bin/serve") from error
            raise CommandError(f"Port {port} cannot be used: {error.strerror}.") from error


def become_supervisor():
    """Replace this process by supervisord. Does not return."""
    site = settings.BASE_DIR / "site"
    os.environ["DATA_DIR"] = str(settings.DATA_DIR)
    scripts = f"{Path(sys.executable).parent}{os.pathsep}"
    os.environ["PATH"] = scripts + os.environ["PATH"].removeprefix(scripts)
    os.environ["PYTHONPATH"] = str(site)
    os.environ["SPT_NOENV"] = "1"  # setproctitle leaves the environment as it can be read in /proc
    os.chdir(settings.BASE_DIR)
    make_output_reopenable()
    # supervisord warns those who run it as root without saying so.
    user = ["--user=root"] if os.getuid() == 0 else []
    forks.hold()
    config = site / "config" / "supervisord.conf"
    os.execv(sys.executable, [sys.executable, "-m", "ops.supervise", "-c", str(config), *user])  # noqa: S606


def make_output_reopenable():
    """Supervisord opens /dev/stdout anew for each program, beside its own."""
    mode = os.fstat(1).st_mode
    if stat.S_ISREG(mode):  # two that write at offsets of their own would overwrite each other
        fcntl.fcntl(1, fcntl.F_SETFL, fcntl.fcntl(1, fcntl.F_GETFL) | os.O_APPEND)
    elif stat.S_ISSOCK(mode):  # as under systemd: a socket cannot be opened, a pipe to it can
        relay = subprocess.Popen(["sh", "-c", "trap '' INT TERM; exec cat"], stdin=subprocess.PIPE)  # noqa: S607
        os.dup2(relay.stdin.fileno(), 1)
        os.dup2(relay.stdin.fileno(), 2)
