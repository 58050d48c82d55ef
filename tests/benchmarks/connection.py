"""A keep-alive HTTP connection for prebuilt requests, one at a time, at little cost in CPU."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"

OnResponse = Callable[[int, bytes], None]
"""Called with the status and the body."""


def message_end(received: bytes) -> tuple[int, int] | None:
    """Return where the body of a message starts and ends, or None if it is not complete.

    A message without `Content-Length` has no body.
    """
    end_of_head = received.find(_END_OF_HEAD)
    if end_of_head < 0:
        return None
    start = end_of_head + len(_END_OF_HEAD)
    length = _LENGTH.search(received, 0, start)
    end = start + int(length[1]) if length else start
    return (start, end) if len(received) >= end else None


class Connection(asyncio.Protocol):
    """Sends a request, and calls `on_response` with the answer.

    `failed` gets an exception if the server closes the connection.
    """

    def __init__(self) -> None:
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_response: OnResponse = lambda _status, _body: None
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        self._transport.write(request)

    async def request(self, request: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer.

        Raises:
            ConnectionError: if the server closes the connection.
        """
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self.on_response = lambda status, body: answer.set_result((status, body))
        self.send(request)
        await asyncio.wait((answer, self.failed), return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            self.failed.result()
        return answer.result()

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        found = message_end(received)
        if found is None:
            self._received = received
            return
        self._received = b""
        start, end = found
        self.on_response(int(received[9:12]), received[start:end])

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.failed.done():
            self.failed.set_exception(exc or ConnectionError("the server closed the connection"))

    def close(self) -> None:
        if not self.failed.done():
            self.failed.cancel()
        elif not self.failed.cancelled():
            self.failed.exception()  # it was seen, or does not matter any more
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def connected(port: int, count: int = 1) -> AsyncIterator[list[Connection]]:
    """Open connections to a port of this machine.

    Raises:
        OSError: if nothing listens there.
    """
    opened: list[Connection] = []
    loop = asyncio.get_running_loop()
    try:
        for _ in range(count):
            _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
            opened.append(connection)
        yield opened
    finally:
        for connection in opened:
            connection.close()
        await asyncio.sleep(0)
