"""Imports Huey, before anything else does, without the libraries of the servers that it can use as well.

Huey imports redis and psycopg wherever they are installed, for storages that are not used where QUEUE_URL is empty: a
fifth of the time and of the memory that it takes to start each process. It is prepared for installations that lack
them; to it, this is one.
"""

import importlib
import sys

from config import sqlite  # noqa: F401  (first: Huey imports one too)
from config.environment import env


def import_huey_without(*libraries: str):
    """Import Huey as if these `libraries` were not installed. Others import them as ever, before and afterwards."""
    imported = {name: sys.modules[name] for name in libraries if name in sys.modules}
    sys.modules.update(dict.fromkeys(libraries))  # None: there is no such module (Python reference, 5.3.1)
    try:
        importlib.import_module("huey")
    finally:
        for name in libraries:
            del sys.modules[name]
        sys.modules.update(imported)


if not env("QUEUE_URL", default=""):
    import_huey_without("redis", "psycopg")
