"""Middleware for an endpoint that must be fast."""

from collections.abc import Awaitable, Callable, Collection

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


class DirectRoute:
    """Answers `POST` to some paths before the application's own routing, which takes longer.

    The application has the same routes, and answers other methods.
    """

    def __init__(
        self,
        app: ASGIApp,
        paths: Collection[str],
        endpoint: Callable[[Request], Awaitable[Response]],
    ) -> None:
        self._app = app
        self._paths = frozenset(paths)
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in self._paths:
            response = await self._endpoint(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)
