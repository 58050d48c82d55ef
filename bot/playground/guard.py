"""Protects the playground from other sites' pages, and its page from loading anything of theirs."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SERVER_NAME = "juicebox-playground"
"""The `Server` header, by which a second playground recognizes the first."""

_LOOPBACK = {"127.0.0.1", "localhost"}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
"""Lets an email be shown and its links be opened, but runs no script and loads nothing."""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests from another site's page: a foreign Host or Origin, or a form."""
    if _url_part("hostname", f"//{request.host}") not in _LOOPBACK:
        raise web.HTTPForbidden(text="the playground answers to 127.0.0.1 and localhost only")
    origin = request.headers.get("Origin")
    if origin is not None and _url_part("netloc", origin) != request.host:
        raise web.HTTPForbidden(text="requests from another site's page are refused")
    if request.method == "POST" and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Content-Type must be application/json")
    return await handler(request)


def _url_part(name: str, url: str) -> str | None:
    """Return that part of the URL, or None if the URL is malformed."""
    try:
        part: str | None = getattr(urlsplit(url), name)
    except ValueError:
        return None
    return part


async def add_security_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Set the headers of every response."""
    response.headers["Server"] = SERVER_NAME
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
