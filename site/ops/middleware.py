from django.db import Error, connection
from django.http import HttpResponse


class HealthMiddleware:
    """Answers `/up`: 200 where this process can serve, 503 where its database cannot be reached.

    It stands before all that a load balancer or the container itself knows nothing of: the name of the host, HTTPS,
    sessions.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path != "/up" or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            answer = HttpResponse("The database cannot be reached.\n", content_type="text/plain", status=503)
        else:
            answer = HttpResponse("ok\n", content_type="text/plain")
        answer["Cache-Control"] = "no-store"
        return answer
