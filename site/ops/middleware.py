from django.conf import settings
from django.db import Error, connection
from django.http import HttpResponse

from ops import health
from ops.access import has_token
from ops.health import answers, queues


class HealthMiddleware:
    """Answers `/up`: 200 where this process can serve, 503 where its database cannot be reached; and `/health` to
    programs. People, who are signed in, go on to `ops.views.show_health`.

    It stands before all that a load balancer or the container itself knows nothing of: the name of the host, HTTPS,
    sessions.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        queues.serve()

    def __call__(self, request):
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        if request.path == "/up":
            return up()
        if request.path == "/health":
            found, is_known = health.latest(), has_token(request)
            # Without the database there are no sessions: then its verdict must do for a person too.
            if is_known or settings.SESSION_COOKIE_NAME not in request.COOKIES or not answers.database_answers(found):
                return answers.answer(found, detailed=is_known)
        return self.get_response(request)


def up():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        answer = HttpResponse("The database cannot be reached.\n", content_type="text/plain", status=503)
    else:
        answer = HttpResponse("ok\n", content_type="text/plain")
    answer["Cache-Control"] = "no-store"
    return answer
