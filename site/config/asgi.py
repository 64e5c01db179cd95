"""What granian runs: Django's pages in threads (see config.pages), and beside them the stream of events.

Django's synchronous pages keep their speed and their persistent connections that way: docs/architecture.md has the
table that compares it with Django's own ASGI handler.
"""

from django.conf import settings
from django.utils.module_loading import import_string

from config.heads import ShortHeads
from config.pages import Pages
from config.wsgi import application as django

pages = ShortHeads(
    Pages(
        django,
        threads=settings.WEB_THREADS,
        body_limit=settings.BODY_LIMIT,
        large_requests=import_string(settings.LARGE_REQUESTS),
        folder=settings.FILE_UPLOAD_TEMP_DIR,
    )
)
stream = ShortHeads(import_string("realtime.stream.Stream")())


async def application(scope, receive, send):
    if scope["type"] == "http" and scope["raw_path"] == b"/events/":
        await stream(scope, receive, send)
    elif scope["type"] == "http":
        await pages(scope, receive, send)
    elif scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    else:
        raise ValueError(f"Unknown protocol: {scope['type']}")
