"""Raw requests over a socket, including those that no HTTP client sends."""

import asyncio
import re
import socket
from contextlib import suppress
from dataclasses import dataclass

from tests.polling import HANG_TIMEOUT

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass(frozen=True)
class Received:
    """Everything that was received until the server closed the connection, or until the timeout."""

    text: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        """The status of each response, in order; empty if there was none."""
        return [int(code) for code in _STATUS.findall(self.text)]


async def exchange(
    port: int, *parts: bytes, seconds: float = HANG_TIMEOUT, separately: bool = False
) -> Received:
    """Send the parts and read, for `seconds` at most, until the server closes the connection.

    With `separately`, a server in this event loop reads each part before the next one is sent.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    text, closed = b"", False
    if separately:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                if separately:
                    await asyncio.sleep(0.001)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                with suppress(ConnectionError):
                    while chunk := await reader.read(65_536):
                        text += chunk
                closed = True
    finally:
        writer.transport.abort()
    return Received(text, closed)


def request(
    body: bytes = b"",
    *headers: bytes,
    line: bytes = b"POST /webhooks/juicebox HTTP/1.1",
    length: bool = True,
) -> bytes:
    """Return a request that asks the server to close the connection after it."""
    default = [b"Host: bot", b"Connection: close"]
    if length:
        default.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([line, *default, *headers]) + b"\r\n\r\n" + body
