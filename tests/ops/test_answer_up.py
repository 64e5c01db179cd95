from django.db import connection

from tests.conftest import default_database


def test_it_works(client, cast, django_assert_num_queries):
    client.force_login(cast.alice)
    with django_assert_num_queries(1):
        response = client.get("/up")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "Cookie" not in response.headers.get("Vary", "")
    assert not response.cookies


def test_it_asks_for_neither_https_nor_our_host(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/", headers={"host": "localhost"}).status_code == 301
    assert client.get("/up", headers={"host": "10.0.0.7"}).status_code == 200


def test_without_the_database_it_is_unavailable(client, tmp_path, django_db_blocker):
    nowhere = tmp_path / "nowhere" / "roost.sqlite3" if connection.vendor == "sqlite" else "nowhere"
    with django_db_blocker.unblock(), default_database(nowhere):
        response = client.get("/up")
    assert (response.status_code, response.content) == (503, b"The database cannot be reached.\n")


def test_it_takes_no_other_method(client, db):
    assert client.head("/up").status_code == 200
    assert client.post("/up").status_code == 404
