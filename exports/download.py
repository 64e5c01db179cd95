"""A file as an answer that can be resumed: ranges as RFC 9110 §14 describes them."""

import re

from django.http import FileResponse, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe

BLOCK = 256 * 1024

#: One range; several at once are allowed to be ignored (§14.2), and no downloader asks for them.
RANGE = re.compile(r"(?i:bytes)=(?:(?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})?|-(?P<suffix>[0-9]{1,18}))")


def file_response(request, path, *, name, content_type, etag, modified):
    """The file at `path`, streamed: whole (200), or the part that `Range` asks for (206), or 416 where there is none.

    Arguments: `name` for the browser to save it as; `etag`, a strong validator with its quotes; `modified`, an aware
    datetime. Preconditions (If-Match and the like, RFC 9110 §13) that fail get their 412 or 304. Raises
    FileNotFoundError.
    """
    file = path.open("rb")
    size = path.stat().st_size
    part = wanted(request, size, etag, modified)
    unwanted = get_conditional_response(request, etag=etag, last_modified=int(modified.timestamp()))
    if unwanted is not None:
        file.close()
        response = unwanted
    elif part is None:
        response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    elif not part:
        file.close()
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        file.seek(part.start)
        response = FileResponse(
            Part(file, len(part)), status=206, as_attachment=True, filename=name, content_type=content_type
        )
        response["Content-Length"] = len(part)
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response.block_size = BLOCK
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified.timestamp())
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def wanted(request, size, etag, modified):
    """The bytes that are asked for as a range(): None for all of them, an empty one where none of them exist."""
    match = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if not match or request.method != "GET" or not _unchanged(request.headers.get("If-Range"), etag, modified):
        return None
    if match["suffix"]:
        return range(max(size - int(match["suffix"]), 0), size)
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else size - 1
    if match["last"] and last < first:
        return None  # invalid, so to be ignored (§14.1.1)
    return range(min(first, size), min(last + 1, size))


def _unchanged(condition, etag, modified):
    """If-Range (§13.1.5): whether the part may be joined to what the client has."""
    return condition in (None, etag) or parse_http_date_safe(condition) == int(modified.timestamp())


class Part:
    """The next `length` bytes of a file."""

    def __init__(self, file, length):
        self.file = file
        self.left = length

    def read(self, size):
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data

    def close(self):
        self.file.close()
