import os
from functools import cached_property

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Request(WSGIRequest):
    """A request in UTF-8, whatever `charset` its Content-Type names: that of a form has no such parameter
    (https://www.iana.org/assignments/media-types/application/x-www-form-urlencoded).

    Django would read the address with any of Python's codecs, `hex` too, and fail before it could answer.
    """

    encoding = property(lambda self: None, lambda self, charset: None, doc="Always None: the default, UTF-8.")

    # A parameter in an encoding that nobody knows (`a*=klingon'en'b`, RFC 2231) makes Django fail, where it looks for
    # the pages of errors too: who sends such a header has said nothing by it.

    def _set_content_type_params(self, meta):
        try:
            super()._set_content_type_params(meta)
        except ValueError:
            self.content_type, self.content_params = "", {}

    @cached_property
    def accepted_types(self):
        try:
            return super().accepted_types
        except ValueError:
            return []


application = get_wsgi_application()
application.request_class = Request
