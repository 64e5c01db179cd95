"""A person's browser: cookies, forms, and what can be said of a request whose answer did not come."""

import http.client
import json
import threading
import urllib.parse
from dataclasses import dataclass
from http.cookies import SimpleCookie

#: Seconds to wait for an answer: longer than a writer waits for another one.
PATIENCE = 40
HTML, JSON = "text/html", "application/json"


class NotSent(Exception):
    """Nobody listened: the request has changed nothing."""


class NoAnswer(Exception):
    """The line broke, or the answer took too long: what the request asked for may have happened, or may yet."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


class Visitor:
    """Each request on a connection of its own, so that a kill breaks off what was under way and nothing else."""

    #: How many requests of all visitors wait for their answers.
    under_way = 0
    _lock = threading.Lock()

    def __init__(self, port):
        self.port = port
        self.cookies = {}

    def sign_in(self, email, password):
        """Raises RuntimeError where that is refused, and NotSent and NoAnswer."""
        self.get("/accounts/login/")
        answer = self.post("/accounts/login/", {"login": email, "password": password, "remember": "on"})
        if answer.status != 302:
            raise RuntimeError(f"{email} cannot sign in: {answer.status} {answer.body[:500]!r}")

    def get(self, path, accept=HTML, **headers) -> Answer:
        return self.ask("GET", path, None, {"Accept": accept, **headers})

    def post(self, path, fields=(), accept=HTML) -> Answer:
        body = urllib.parse.urlencode(fields, doseq=True).encode()
        headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, headers | {"X-CSRFToken": self.cookies.get("csrftoken", "")})

    def ask(self, method, path, body, headers) -> Answer:
        """Raises NotSent and NoAnswer; a broken body is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            try:
                connection.connect()
            except OSError as error:
                raise NotSent(str(error)) from error
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            self._count(1)
            try:
                connection.request(method, path, body, {**headers, "Cookie": cookies, "Connection": "close"})
                response = connection.getresponse()
                self._keep(response.headers.get_all("Set-Cookie", ()))
                return Answer(response.status, response.headers, response.read())
            except (OSError, http.client.HTTPException) as error:
                raise NoAnswer(repr(error)) from error
            finally:
                self._count(-1)
        finally:
            connection.close()

    def _count(self, more):
        with Visitor._lock:
            Visitor.under_way += more

    def _keep(self, lines):
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.coded_value
