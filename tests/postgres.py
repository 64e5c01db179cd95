"""A real PostgreSQL on loopback, where a test may make databases; without one it is skipped."""

import os
from contextlib import contextmanager

import psycopg
import pytest

URL = "postgres://{user}@127.0.0.1:5432/test"


def server_url() -> str:
    """The address of a database on a PostgreSQL that answers and where we may make another."""
    for user in ("postgres", "root"):
        url = URL.format(user=user)
        try:
            psycopg.connect(url, connect_timeout=3).close()
        except psycopg.OperationalError:
            continue
        return url
    pytest.skip(f"no PostgreSQL answers at {URL}")


@contextmanager
def new_database():
    """Gives the address of an empty database, which is gone afterwards."""
    url, name = server_url(), f"roost_new_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield url.replace("/test", f"/{name}")
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
