"""An application behind the bot's HTTP connection, on a port of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.http import connection as http_connection
from bot.http.connection import HttpConnection
from tests.polling import until

GET = b"GET /%b HTTP/1.1\r\nHost: bot\r\n\r\n"
LAST = b"GET /%b HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n"


class Served:
    """An application of three doors: one quick, one that reads, one that waits until it is let go."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
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
        self.config = uvicorn.Config(self.app, http=HttpConnection, lifespan="off", log_config=None)

    def set_deadlines(self, seconds: tuple[float, ...]) -> None:
        head, message, kept = seconds
        self._patch.setattr(http_connection, "HEAD_SECONDS", head)
        self._patch.setattr(http_connection, "MESSAGE_SECONDS", message)
        self._patch.setattr(self.config, "timeout_keep_alive", kept)

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
