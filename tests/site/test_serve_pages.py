"""The bridge between the ASGI server and Django: what it hands on, and that no thread waits for a client."""

import asyncio
import threading

import pytest

from config import pages
from config.asgi import application as roost
from config.pages import PIECE, environ
from tests.site.clients import Client, Endless, Response, answer, bridge


def test_it_works():
    page = Client(path="/nowhere/", headers=[(b"host", b"localhost")]).ask(roost)
    assert page.status == 404
    assert b"nothing at this address" in page.body
    assert page.is_complete


def test_the_server_is_told_of_start_and_stop():
    async def main():
        incoming, sent = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}], []

        async def receive():
            return incoming.pop(0)

        async def send(message):
            sent.append(message["type"])

        await roost({"type": "lifespan"}, receive, send)
        return sent

    assert asyncio.run(main()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


# ---- what goes in


def test_a_body_arrives_whole():
    application = answer(Response([b"thanks"]))
    headers = [(b"content-length", b"5"), (b"content-type", b"text/plain")]
    incoming = [{"body": b"he", "more_body": True}, {"body": b"llo", "more_body": False}]
    page = Client("POST", incoming=incoming, headers=headers).ask(bridge(application))
    assert (page.status, page.body) == (200, b"thanks")
    seen = application.seen[0]
    assert (seen["CONTENT_LENGTH"], seen["CONTENT_TYPE"]) == ("5", "text/plain")
    assert application.bodies == [b"hello"]


@pytest.mark.parametrize(
    ("headers", "incoming"),
    [
        ([(b"content-length", b"101")], []),
        ([(b"transfer-encoding", b"chunked")], [{"body": b"x" * 60, "more_body": True}] * 2),
    ],
    ids=["announced", "not announced"],
)
def test_a_body_above_the_limit_is_refused(headers, incoming):
    application = answer(Response())
    page = Client("POST", incoming=incoming, headers=headers).ask(bridge(application))
    assert (page.status, page.body) == (413, b'{"error": "The request is too large."}')
    assert not application.seen


LARGE = [
    ([(b"content-length", b"250")], [{"body": b"x" * 50, "more_body": True}] * 4 + [{"body": b"y" * 50}]),
    ([(b"transfer-encoding", b"chunked")], [{"body": b"x" * 200, "more_body": True}, {"body": b"y" * 50}]),
]


@pytest.mark.parametrize(("headers", "incoming"), LARGE, ids=["announced", "not announced"])
def test_a_request_may_have_a_larger_limit_of_its_own(tmp_path, headers, incoming):
    application, asked = answer(Response([b"thanks"])), []

    def large_requests(environ):
        asked.append(environ["PATH_INFO"])
        return 250

    pages = bridge(application, large_requests=large_requests, folder=tmp_path)
    page = Client("POST", "/upload/", incoming=incoming, headers=headers).ask(pages)
    assert page.status == 200
    assert application.bodies == [b"x" * 200 + b"y" * 50]
    assert application.seen[0]["CONTENT_LENGTH"] == "250"
    assert asked == ["/upload/"]  # once
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("limit", [0, 249])
@pytest.mark.parametrize(("headers", "incoming"), LARGE, ids=["announced", "not announced"])
def test_no_other_request_may_be_larger(tmp_path, headers, incoming, limit):
    application = answer(Response())
    pages = bridge(application, large_requests=lambda environ: limit, folder=tmp_path)
    page = Client("POST", "/upload/", incoming=incoming, headers=headers).ask(pages)
    assert page.status == 413
    assert not application.seen


@pytest.mark.parametrize(("size", "is_in_file"), [(100, False), (101, True)])
def test_only_a_short_body_stands_in_memory(tmp_path, size, is_in_file):
    application = answer(Response())
    incoming = [{"body": b"x" * 50, "more_body": True}, {"body": b"x" * (size - 50), "more_body": False}]
    client = Client("POST", incoming=incoming, headers=[(b"content-length", str(size).encode())])
    assert client.ask(bridge(application, large_requests=lambda environ: 250, folder=tmp_path)).status == 200
    assert application.seen[0]["wsgi.input"]._rolled == is_in_file


def test_a_large_body_that_keeps_coming_has_more_time(monkeypatch, tmp_path):
    monkeypatch.setattr(pages, "PATIENCE", 0.2)
    monkeypatch.setattr(pages, "STRETCH", 100)
    application = answer(Response([b"thanks"]))
    incoming = [{"body": b"x" * 100, "more_body": True, "after": 0.1}] * 4 + [{"body": b"y", "after": 0.1}]
    client = Client("POST", incoming=incoming, headers=[(b"content-length", b"401")])
    assert client.ask(bridge(application, large_requests=lambda environ: 1000, folder=tmp_path)).status == 200


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(pages, "PATIENCE", 0.05)
    application = answer(Response())
    page = Client("POST", incoming=[{"body": b"x", "more_body": True}], headers=[(b"content-length", b"9")])
    assert page.ask(bridge(application)).status == 408
    assert not application.seen


def test_a_body_that_breaks_off_is_refused():
    application = answer(Response())
    page = Client("POST", headers=[(b"content-length", b"9")], leaves_after=0).ask(bridge(application))
    assert page.status == 400
    assert not application.seen


@pytest.mark.parametrize("charset", ["hex", "undefined", "latin-1", "no-such-codec"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_request_is_utf_8_whatever_it_says(charset, kind):
    headers = [(b"host", b"localhost"), (b"content-type", f"{kind}; charset={charset}".encode())]
    page = Client(path="/nowhere/?q=%C3%A9", headers=headers).ask(roost)
    assert page.status == 404


@pytest.mark.parametrize("path", ["/nowhere/", "/events/"])
@pytest.mark.parametrize("name", [b"accept", b"content-type"])
def test_a_header_in_an_encoding_that_nobody_knows_says_nothing(path, name):
    headers = [(b"host", b"localhost"), (name, b"text/html; a*=klingon'en'b")]
    page = Client(path=path, headers=headers).ask(roost)
    assert page.status == {"/nowhere/": 404, "/events/": 401}[path]


@pytest.mark.parametrize("path", ["/nowhere/", "/events/"])
@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ([(b"cookie", b"a=" + b"x" * 8_190)], "", 431),
        ([(b"cookie", b'a="' + b'\\"' * 501 + b'"')], "", 431),
        ([(b"accept", b'text/html; a="' + b";" * 1_020)], "", 431),
        ([(b"content-type", b'a/b; a="' + b";" * 600)] * 2, "", 431),
        ([], "?q=" + "x" * 8_190, 414),
        ([], "a/" * 512, 414),
    ],
    ids=["cookie", "escapes", "accept", "in two parts", "query", "path"],
)
def test_a_head_that_would_take_long_to_read_is_not_read(path, headers, query, status):
    page = Client(path=path + query, headers=[(b"host", b"localhost"), *headers]).ask(roost)
    assert page.status == status
    assert page.is_complete


@pytest.mark.parametrize("path", ["/nowhere/", "/events/"])
def test_a_head_as_long_as_browsers_send_is_read(path):
    """Their cookies hold 4 kB each."""
    headers = [(b"host", b"localhost"), (b"cookie", b"a=" + b"x" * 4_000 + b"; b=" + b"y" * 4_000)]
    page = Client(path=f"{path}?q={'x' * 4_000}", headers=headers).ask(roost)
    assert page.status == {"/nowhere/": 404, "/events/": 401}[path]


def test_the_environment_is_that_of_pep_3333():
    client = Client(path="/caf%C3%A9/?q=%20x", headers=[(b"host", b"roost.test"), (b"x-a", b"1"), (b"x-a", b"2")])
    seen = environ(client.scope)
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/café/"
    assert seen["QUERY_STRING"] == "q=%20x"
    assert (seen["HTTP_HOST"], seen["HTTP_X_A"], seen["REMOTE_ADDR"]) == ("roost.test", "1,2", "192.0.2.7")


def test_cookies_in_several_headers_stay_cookies():
    assert environ(Client(headers=[(b"cookie", b"a=1"), (b"cookie", b"b=2")]).scope)["HTTP_COOKIE"] == "a=1; b=2"


def test_no_header_passes_for_another():
    headers = [(b"x-forwarded-proto", b"http"), (b"x_forwarded_proto", b"https"), (b"content_length", b"5")]
    seen = environ(Client(headers=headers).scope)
    assert (seen["HTTP_X_FORWARDED_PROTO"], seen["CONTENT_LENGTH"]) == ("http", "0")


# ---- what comes out


def test_a_short_answer_is_one_message_and_closed():
    response = Response([b"a", b"b"])
    page = Client().ask(bridge(answer(response, headers=[("X-Name", "vålue")])))
    assert page.sent == [
        {"type": "http.response.start", "status": 200, "headers": [(b"x-name", "vålue".encode("latin-1"))]},
        {"type": "http.response.body", "body": b"ab"},
    ]
    assert response.closed


def test_a_long_answer_comes_in_pieces():
    response = Response([bytes([number]) * 4096 for number in range(200)])
    page = Client().ask(bridge(answer(response)))
    assert page.body == b"".join(response)
    assert page.is_complete
    assert max(len(message["body"]) for message in page.bodies) < PIECE + 4096
    assert response.closed


def test_head_reads_nothing():
    response = Endless()
    page = Client("HEAD").ask(bridge(answer(response)))
    assert (page.status, page.body, page.is_complete) == (200, b"", True)
    assert response.closed


def test_a_download_ends_when_its_client_has_gone():
    response = Endless()
    page = Client(leaves_after=3).ask(bridge(answer(response)))
    assert not page.is_complete
    assert response.closed


def test_a_download_ends_when_its_client_takes_nothing(monkeypatch):
    monkeypatch.setattr(pages, "PATIENCE", 0.05)
    response = Endless()
    page = Client(stalls_after=2).ask(bridge(answer(response)))
    assert len(page.bodies) == 2
    assert not page.is_complete
    assert response.closed


def test_slow_clients_keep_no_thread_from_others():
    stalled = Endless()

    def application(environ, start_response):
        start_response("200 OK", [])
        return stalled if environ["PATH_INFO"] == "/export/" else Response([b"page"])

    async def main():
        serve = bridge(application, threads=1)
        downloads = [Client(path="/export/", stalls_after=1) for _ in range(3)]
        uploads = [Client("POST", headers=[(b"content-length", b"9")]) for _ in range(3)]
        slow = [asyncio.create_task(serve(client.scope, client.receive, client.send)) for client in downloads + uploads]
        while not all(client.bodies for client in downloads):
            await asyncio.sleep(0.001)
        page = Client()
        await asyncio.wait_for(serve(page.scope, page.receive, page.send), 5)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return page.body

    assert asyncio.run(main()) == b"page"


def test_an_answer_that_breaks_is_never_complete():
    class Breaking(Response):
        def __iter__(self):
            yield b"x" * PIECE
            raise OSError("the disk is gone")

    response, client = Breaking(), Client()
    with pytest.raises(OSError, match="the disk is gone"):
        client.ask(bridge(answer(response)))
    assert not client.is_complete
    assert response.closed


def test_pages_run_beside_each_other_but_no_more_than_there_are_threads():
    barrier, names = threading.Barrier(2, timeout=5), set()

    def application(environ, start_response):
        barrier.wait()
        names.add(threading.current_thread().name)
        start_response("200 OK", [])
        return Response([b"page"])

    async def main():
        serve = bridge(application, threads=2)
        clients = [Client() for _ in range(6)]
        await asyncio.gather(*(serve(client.scope, client.receive, client.send) for client in clients))
        return [client.body for client in clients]

    assert asyncio.run(main()) == [b"page"] * 6
    assert len(names) == 2
