"""What granian runs: every request goes to Django's WSGI handler in a pool of threads.

Django's synchronous pages keep their speed and their persistent connections that way: 627 requests/s against 255 for
the same views under Django's own ASGI handler (docs/architecture.md has the table).
"""

import os

from a2wsgi import WSGIMiddleware

from config.wsgi import application as django

_pages = WSGIMiddleware(django, workers=int(os.environ.get("WEB_THREADS", "4")))


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await _pages(scope, receive, send)
