"""supervisord, which loses no signal: a program started by `serve`, apart from Django.

A child of supervisord has its parent's handlers until it becomes its program. A SIGTERM in that moment would be lost,
and the stop would wait for SIGKILL. What arrives before supervisord listens is kept as well: `serve` blocks it.
"""

import signal

from supervisor import supervisord
from supervisor.options import ServerOptions

STOP = {signal.SIGTERM, signal.SIGINT}


class Options(ServerOptions):
    def setsignals(self):
        super().setsignals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)

    def fork(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
        pid = super().fork()
        if pid == 0:
            for signum in STOP:
                signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)
        return pid


if __name__ == "__main__":
    supervisord.ServerOptions = Options
    supervisord.main()
