"""supervisord, which loses no signal: what `manage.py serve` becomes. Runs without Django."""

from supervisor import supervisord
from supervisor.options import ServerOptions

from ops import forks


class Options(ServerOptions):
    def setsignals(self):
        super().setsignals()
        forks.listen()  # `serve` holds what came before


if __name__ == "__main__":
    forks.guard()
    supervisord.ServerOptions = Options
    supervisord.main()
