"""Bytes on a socket: what no HTTP client would send, and what comes back."""

import asyncio
import re
import socket
from contextlib import suppress
from dataclasses import dataclass

from tests.polling import HANG_TIMEOUT

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@dataclass(frozen=True)
class Heard:
    """Everything that came back until the other side closed, or until nobody waited any longer."""

    text: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        """Of each answer, in order; empty if the connection was closed without one."""
        return [int(code) for code in _STATUS.findall(self.text)]


async def say(port: int, *said: bytes, seconds: float = HANG_TIMEOUT, apart: bool = False) -> Heard:
    """Send all of it and listen, for `seconds` at most, until the other side closes.

    With `apart`, a server in this event loop reads each part before the next one is sent.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    text, closed = b"", False
    if apart:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with suppress(ConnectionError):
            for part in said:
                writer.write(part)
                await writer.drain()
                if apart:
                    await asyncio.sleep(0.001)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                with suppress(ConnectionError):
                    while chunk := await reader.read(65_536):
                        text += chunk
                closed = True
    finally:
        writer.transport.abort()
    return Heard(text, closed)


def request(
    body: bytes = b"",
    *headers: bytes,
    line: bytes = b"POST /webhooks/juicebox HTTP/1.1",
    length: bool = True,
) -> bytes:
    """One request that asks for the connection to be closed behind it."""
    own = [b"Host: bot", b"Connection: close"]
    if length:
        own.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([line, *own, *headers]) + b"\r\n\r\n" + body
