"""What is the same in every answer, whichever door gives it."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
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
"""Nothing that we answer is a page: no browser is to keep, frame, guess at or load anything of it.

https://owasp.org/www-project-secure-headers/
"""
_TLS_ONLY = "max-age=31536000"
"""Browsers heed it on https alone: https://www.rfc-editor.org/rfc/rfc6797#section-7.2"""


class SecurityHeaders:
    """Middleware that puts them on every answer of the application below it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_headers_by(scope.get("scheme", "http")))
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


async def http_error(_: Request, refusal: Exception) -> JSONResponse:
    """A path or a method that nothing answers, in the form of all our refusals."""
    if not isinstance(refusal, HTTPException):
        raise refusal
    return JSONResponse({"error": refusal.detail}, refusal.status_code, refusal.headers)


async def internal_error(request: Request, _: Exception) -> JSONResponse:
    """A fault of ours: the log says which, the answer says nothing of it.

    Starlette gives this answer outside of all middleware, so the headers are put on it here.
    """
    headers = _headers_by(request.url.scheme)
    return JSONResponse({"error": "Internal Server Error"}, 500, headers)


def _headers_by(scheme: str) -> dict[str, str]:
    """The scheme is uvicorn's, from X-Forwarded-Proto where it trusts the sender."""
    if scheme == "https":
        return {**SECURITY_HEADERS, "Strict-Transport-Security": _TLS_ONLY}
    return dict(SECURITY_HEADERS)
