"""supervisord, which loses no signal, and whose programs are forks of itself: what `manage.py serve` becomes.

Loading Django takes a second and 60 MB. It is loaded once, here: each program begins as a copy that shares that memory,
within milliseconds also after a death. (Three programs that load it themselves take twice the memory.)

    supervisord, Django loaded ──fork──► manage.py run_web ──fork──► its workers
                                ├─fork──► manage.py run_huey --queue emails
                                └─fork──► manage.py run_huey --queue exports ──fork──► its workers

Until the fork there is one thread, and nothing is open that two processes must not share.

SIGHUP stops the programs as SIGTERM does, and then this process becomes `manage.py serve` anew: supervisord alone would
start them again from the code that is loaded here, whatever is on the disk by now.
"""

import atexit
import gc
import logging
import logging.config
import os
import signal
import sys
import traceback
from importlib import import_module

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connections
from django.urls import get_resolver
from setproctitle import getproctitle, setproctitle
from supervisor import supervisord
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates

from ops import forks

SUPERVISOR = os.getpid()
#: What supervisord notes for itself (ServerOptions.setsignals); of the rest `forks` takes care.
NOTED = (signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2)
#: How a command of supervisord.conf begins that is run in the fork, and not by execve(2).
OURS = ["python", "manage.py"]


class Options(ServerOptions):
    def setsignals(self):
        super().setsignals()
        forks.listen()  # `serve` holds what came before

    def execve(self, filename, argv, env):
        """Called in the child, with its standard streams in place and all other files closed."""
        if argv[:2] != OURS:
            super().execve(filename, argv, env)
        run(argv[1:], env)

    def close_logger(self):
        """The last that supervisord does before it ends, or before it begins again (SIGHUP)."""
        super().close_logger()
        if self.mood == SupervisorStates.RESTARTING:
            forks.hold()  # until `serve` can hear it
            os.closerange(3, self.minfds)  # with the lock on the data: migrations need it alone
            os.execv(sys.executable, [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"])  # noqa: S606


def load():
    """What all programs need."""
    getproctitle()  # finds where the arguments stand, which it cannot once the environment beside them has been changed
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    _ = get_resolver().url_patterns
    import_module("jobs.consumer")
    import_module("granian")
    connections.close_all()  # must not be used on both sides of a fork (sqlite.org/howtocorrupt.html)
    gc.collect()
    gc.freeze()  # keeps the collector from unsharing the pages


def run(arguments, environment):
    """Be `manage.py` with these arguments from now on, in a fork of the supervisor. Does not return."""
    from jobs.consumer import die_with

    code = 1
    try:
        for signum in NOTED:
            signal.signal(signum, signal.SIG_DFL)  # as execve(2) would: there is nobody here who looks at those notes
        die_with(SUPERVISOR, signal.SIGTERM)  # no program outlives a supervisor that was killed
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = arguments
        setproctitle(" ".join([*OURS, *arguments[1:]]))
        for formatter in settings.LOGGING["formatters"].values():
            formatter["program"] = environment["LOG_PREFIX"]
        logging.config.dictConfig(settings.LOGGING)
        execute_from_command_line(arguments)
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # noqa: BLE001 (nobody is left whom it could reach)
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(code)  # back in supervisord's code it would be a second supervisor


if __name__ == "__main__":
    forks.guard()
    load()
    supervisord.ServerOptions = Options
    supervisord.main()
