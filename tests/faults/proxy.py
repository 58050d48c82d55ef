"""A TCP proxy on loopback that can cut connections, stall them, and drop replies."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Self

_CHUNK = 65_536


class Proxy:
    """Forwards connections to a port of this machine, with faults on request."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = 0
        self._refusing = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._losing: tuple[bytes, int] | None = None
        self._holding = False
        self._links: set[_Link] = set()
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._closing.push_async_callback(server.wait_closed)
        self._closing.callback(self._drop_all)
        self._closing.callback(server.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        await self._closing.aclose()

    def cut(self) -> None:
        """Close every connection, and refuse new ones."""
        self._refusing = True
        self._drop_all()

    def stall(self) -> None:
        """Accept bytes, and forward none in either direction."""
        self._flowing.clear()

    def lose_replies(self, to: bytes = b"", times: int = 1_000_000) -> None:
        """For the next `times` requests that contain `to`, drop the connection instead of replying."""
        self._losing = (to, times)
        self._holding = False

    def hold_replies(self, to: bytes) -> None:
        """Never forward the replies to requests that contain `to`."""
        self.lose_replies(to)
        self._holding = True

    def clear_faults(self) -> None:
        """End all faults; stalled connections continue."""
        self._refusing = False
        self._losing = None
        self._flowing.set()

    @property
    def lost(self) -> int:
        """The number of replies that are still to be lost."""
        return self._losing[1] if self._losing else 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, reader, writer)
        self._links.add(link)
        try:
            if not self._refusing:
                await link.run(self.upstream)
        finally:
            self._links.discard(link)
            link.drop()

    def _drop_all(self) -> None:
        for link in list(self._links):
            link.drop()

    async def wait_while_stalled(self) -> None:
        await self._flowing.wait()

    async def wait_while_held(self) -> None:
        """Return when the connection of a lost reply is to be dropped."""
        if self._holding:
            await asyncio.Event().wait()

    def is_reply_lost(self, request: bytes) -> bool:
        if self._losing is None or self._losing[1] < 1 or self._losing[0] not in request:
            return False
        self._losing = (self._losing[0], self._losing[1] - 1)
        return True


class _Link:
    """A connection from a client, and the one to the server."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._client = (reader, writer)
        self._writers = [writer]
        self._loses_reply = False

    async def run(self, upstream: int) -> None:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", upstream)
            self._writers.append(writer)
            back = asyncio.create_task(self._forward_replies(reader))
            try:
                await self._forward_requests(writer)
            finally:
                self.drop()
                back.cancel()
                await asyncio.wait([back])

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _forward_requests(self, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await self._client[0].read(_CHUNK):
                await self._proxy.wait_while_stalled()
                self._loses_reply |= self._proxy.is_reply_lost(chunk)
                writer.write(chunk)
                await writer.drain()

    async def _forward_replies(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self._proxy.wait_while_stalled()
                if self._loses_reply:
                    await self._proxy.wait_while_held()
                    break
                self._client[1].write(chunk)
                await self._client[1].drain()
        self.drop()
