import os

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Request(WSGIRequest):
    """A request in UTF-8, whatever `charset` its Content-Type names: that of a form has no such parameter
    (https://www.iana.org/assignments/media-types/application/x-www-form-urlencoded).

    Django would read the address with any of Python's codecs, `hex` too, and fail before it could answer.
    """

    encoding = property(lambda self: None, lambda self, charset: None, doc="Always None: the default, UTF-8.")


application = get_wsgi_application()
application.request_class = Request
