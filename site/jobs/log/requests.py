import logging
import re
import time

from jobs.log.context import following, keep, new_request_id

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

logger = logging.getLogger("web")


class RequestIdMiddleware:
    """Gives each request its id, and logs one line a request, without the query, which may hold secrets."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request.id = given if REQUEST_ID.fullmatch(given) else new_request_id()
        with following(request.id):
            start = time.perf_counter()
            response = self.get_response(request)
            if request.path != "/up":
                milliseconds = (time.perf_counter() - start) * 1000
                logger.info("%s %s %s %.0fms", request.method, request.path, response.status_code, milliseconds)
            keep(request)
        response["X-Request-ID"] = request.id
        return response
