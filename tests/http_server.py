"""An application behind the bot's HTTP connection, on a port of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import uvicorn
from aiohttp import web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.http.connection import ConnectionLimits, HttpConnection
from tests.polling import until

GET = b"GET /%b HTTP/1.1\r\nHost: bot\r\n\r\n"
LAST = b"GET /%b HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def serving(app: web.Application, **options: Any) -> AsyncIterator[str]:
    """Serve an aiohttp application, and yield its URL without a path; `options` are AppRunner's."""
    runner = web.AppRunner(app, access_log=None, **options)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


class Served:
    """An application whose endpoints are quick, read the body, wait for `go`, or send much."""

    def __init__(self, **limits: timedelta | int) -> None:
        self.port = 0
        self.connections: Collection[object] = ()
        self.waiting = 0
        self.go = asyncio.Event()
        self.app = Starlette(
            routes=[
                Route("/", self._quick),
                Route("/read", self._read, methods=["POST"]),
                Route("/wait", self._wait),
                Route("/much", self._much),
            ]
        )

        class Connection(HttpConnection):
            limits = ConnectionLimits()

        self.connection = Connection
        self.config = uvicorn.Config(self.app, http=Connection, lifespan="off", log_config=None)
        self.set_limits(**limits)

    def set_limits(self, **limits: Any) -> None:
        """Change the limits of connections that are opened from now on."""
        self.connection.limits = replace(self.connection.limits, **limits)

    def set_timeouts(self, seconds: tuple[float, ...]) -> None:
        """Set the timeouts of head, body and keep-alive."""
        head, body, keep_alive = seconds
        self.set_limits(head_timeout=timedelta(seconds=head), body_timeout=timedelta(seconds=body))
        self.config.timeout_keep_alive = keep_alive  # type: ignore[assignment]  # takes fractions, too

    async def _quick(self, _: Request) -> Response:
        return PlainTextResponse("quick")

    async def _read(self, request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def _wait(self, _: Request) -> Response:
        self.waiting += 1
        await self.go.wait()
        return PlainTextResponse("waited")

    async def _much(self, _: Request) -> Response:
        return StreamingResponse(iter(["x" * 5_000_000] * 2))

    async def has_connections(self, count: int) -> None:
        async def reached() -> bool:
            return len(self.connections) == count

        await until(reached)

    async def has_waiting(self, count: int) -> None:
        async def reached() -> bool:
            return self.waiting == count

        await until(reached)


@asynccontextmanager
async def running(served: Served) -> AsyncIterator[None]:
    server = uvicorn.Server(served.config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        served.port = listening.getsockname()[1]
        task = asyncio.create_task(server.serve([listening]))

        async def started() -> bool:
            return server.started

        await until(started)
        served.connections = server.server_state.connections
        yield
        served.go.set()
        server.should_exit = True
        await task
