"""How settings reach us: environment variables, or files named by `NAME_FILE` (Docker and Kubernetes secrets)."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key
from environ import FileAwareEnv

env = FileAwareEnv()


def secret_key(path: Path) -> str:
    """The installation's own key, made at the first start and kept in the data folder (mode 600).

    Two processes may start at once: the file is linked into place only when it is complete, and the first one wins.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(get_random_secret_key())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
