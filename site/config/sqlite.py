"""Chooses the SQLite that the whole process uses, before Django or Huey import one.

Releases before 3.51.3 can corrupt a WAL database when a write meets a checkpoint (https://sqlite.org/wal.html,
"The WAL-Reset Bug"), and no distribution's Python has a newer one yet. The `pysqlite3` wheel carries its own.
"""

import sys

try:
    import pysqlite3 as sqlite3
    import pysqlite3.dbapi2
except ImportError:  # no wheel for this machine: the system check jobs.W001 warns of an old version
    import sqlite3
else:
    sys.modules["sqlite3"] = sqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

#: The first release without the WAL-reset bug.
SAFE_VERSION = (3, 51, 3)

__all__ = ["SAFE_VERSION", "sqlite3"]
