"""Downloads that go on where the line broke (RFC 9110, 14), and check what they got."""

import hashlib
import http.client
from dataclasses import dataclass

from bench.chaos.visitor import PATIENCE

#: How often a broken download is taken up again.
TRIES = 3


@dataclass
class Download:
    is_whole: bool = False
    size: int = 0
    resumed: int = 0
    wrong: str = ""


def fetch(visitor, path) -> Download:
    """The file at `path`: whole, not to be had just now, or `wrong` with words that say why."""
    download, data, etag, total = Download(), b"", None, None
    for _ in range(TRIES):
        headers = {"Range": f"bytes={len(data)}-", "If-Range": etag} if etag else {}
        status, answered, body = _ask(visitor, path, headers)
        if status not in (200, 206):
            return download
        if status == 206:
            download.resumed += 1
            data += body
        else:
            etag, data, total = answered["ETag"], body, int(answered["Content-Length"])
        if len(data) >= total:
            break
    else:
        return download
    if hashlib.sha256(data).hexdigest() != etag.strip('"'):
        download.wrong = f"{len(data)} bytes whose SHA-256 is not {etag}"
        return download
    download.is_whole, download.size = True, len(data)
    return download


def _ask(visitor, path, headers):
    """The status, the headers and as much of the body as has come; a status of 0 where nothing came."""
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=PATIENCE)
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    try:
        connection.request("GET", path, headers={**headers, "Cookie": cookies, "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.headers, _read(response)
    except (OSError, http.client.HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def _read(response):
    data = b""
    try:
        while piece := response.read(65536):
            data += piece
    except http.client.IncompleteRead as broken:
        data += broken.partial
    except OSError:
        pass
    return data
