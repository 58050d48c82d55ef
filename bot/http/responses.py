"""Responses shared by all endpoints."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Responses are not pages: browsers must not cache or frame them, guess their type, or load anything.

https://owasp.org/www-project-secure-headers/
"""
_HSTS = "max-age=31536000"
"""Browsers ignore it over plain HTTP: https://www.rfc-editor.org/rfc/rfc6797#section-7.2"""


class SecurityHeaders:
    """Middleware that adds the security headers to every response; a page has a policy of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] += [header for header in added if header[0] not in own]
            await send(message)

        added = _RAW_HSTS if scope.get("scheme") == "https" else _RAW

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


async def http_error(_: Request, error: Exception) -> JSONResponse:
    """Answer an unknown path or method, or another HTTP error, in the format of all our errors."""
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def internal_error(request: Request, _: Exception) -> JSONResponse:
    """Answer a request that raised an exception, which is logged and not shown.

    Starlette sends this response outside of all middleware, so the security headers are added here.
    """
    headers = _headers_for(request.url.scheme)
    return JSONResponse({"error": "Internal Server Error"}, 500, headers)


def _headers_for(scheme: str) -> dict[str, str]:
    """Return the headers for a scheme; uvicorn takes it from a trusted proxy's X-Forwarded-Proto."""
    if scheme == "https":
        return {**SECURITY_HEADERS, "Strict-Transport-Security": _HSTS}
    return dict(SECURITY_HEADERS)


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


_RAW, _RAW_HSTS = _raw(_headers_for("http")), _raw(_headers_for("https"))
