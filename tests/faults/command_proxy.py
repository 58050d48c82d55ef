"""A Redis proxy that replaces some replies, as proxies of managed services do."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self

Answer = Callable[[bytes], bytes]
"""Takes the server's reply, and returns the reply for the client."""


def refuse(error: str) -> Answer:
    """Reply to a command with an error."""
    return lambda _: f"-{error}\r\n".encode()


def hang_up(_: bytes) -> bytes:
    """Close the connection at a command, as twemproxy does."""
    raise ConnectionAbortedError


class CommandProxy:
    """Forwards to a redis-server on this machine; `answers` are by command, in upper case.

    The server still runs a command whose reply is replaced.
    """

    def __init__(self, upstream: int, answers: Mapping[str, Answer]) -> None:
        self._upstream = upstream
        self._answers = {name.encode(): answer for name, answer in answers.items()}
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        server, there = await asyncio.open_connection("127.0.0.1", self._upstream)
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                command = await _read(client)
                there.write(command)
                reply = await _read(server)
                name = command.split(b"\r\n")[2].upper()
                back.write(self._answers.get(name, bytes)(reply))
                await back.drain()
        there.close()
        back.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Read one value of RESP2: https://redis.io/docs/latest/develop/reference/protocol-spec/ ."""
    line = await reader.readuntil(b"\r\n")
    kind, count = line[:1], line[1:-2]
    if kind == b"$" and count != b"-1":
        return line + await reader.readexactly(int(count) + 2)
    if kind == b"*" and count != b"-1":
        return line + b"".join([await _read(reader) for _ in range(int(count))])
    return line
