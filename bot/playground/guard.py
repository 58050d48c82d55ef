"""What keeps other web pages out of the playground, and the playground's page from loading theirs."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NAME = "juicebox-playground"
"""How the playground names itself in `Server`, so that a second one knows the first."""

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
"""A mail may be looked at, and its links opened; nothing of it runs or is loaded."""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page makes a browser send: a foreign Host, Origin or form."""
    if _part("hostname", f"//{request.host}") not in _LOOPBACK:
        raise web.HTTPForbidden(text="the playground answers to 127.0.0.1 and localhost only")
    origin = request.headers.get("Origin")
    if origin is not None and _part("netloc", origin) != request.host:
        raise web.HTTPForbidden(text="another site's page has no business here")
    if request.method == "POST" and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Content-Type must be application/json")
    return await handler(request)


def _part(name: str, url: str) -> str | None:
    """That part of the address; None where it is none."""
    try:
        part: str | None = getattr(urlsplit(url), name)
    except ValueError:
        return None
    return part


async def sign_off(_: web.Request, response: web.StreamResponse) -> None:
    """The headers of every answer."""
    response.headers["Server"] = NAME
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
