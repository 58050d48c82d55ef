"""A mail server that sends scripted replies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

SILENT = ""
"""Stands for no reply."""
_LATE = "late "


def late(reply: str, *, seconds: int) -> str:
    """Return a reply that is sent after a delay."""
    return f"{_LATE}{seconds} {reply}"


@dataclass
class ScriptedSmtp:
    port: int = 0
    received: list[str] = field(default_factory=list)
    """The lines of all connections."""
    connections: int = 0


@asynccontextmanager
async def scripted_smtp(*connections: Sequence[str]) -> AsyncIterator[ScriptedSmtp]:
    """Use a list of replies for each connection, and the last list for all further ones.

    The first reply is the greeting. After its last reply a connection is closed.
    """
    server = ScriptedSmtp()
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me is not None
        serving.add(me)
        replies = connections[min(server.connections, len(connections) - 1)]
        server.connections += 1
        with suppress(asyncio.CancelledError, ConnectionError):
            for reply in replies:
                if reply.startswith(_LATE):
                    _, seconds, reply = reply.split(" ", 2)  # noqa: PLW2901  # what is left of the reply
                    await asyncio.sleep(int(seconds))
                if reply == SILENT:
                    await reader.read()
                    break
                writer.write(reply.replace("\n", "\r\n").encode() + b"\r\n")
                await _read(reader, server, mail=reply.startswith("354"))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        serving.discard(me)

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
        for task in list(serving):
            task.cancel()
        if serving:
            await asyncio.wait(list(serving))


async def _read(reader: asyncio.StreamReader, server: ScriptedSmtp, *, mail: bool) -> None:
    """Read a command, or a whole mail, which is recorded as its last line."""
    with suppress(asyncio.IncompleteReadError):
        line = await reader.readuntil(b"\r\n.\r\n" if mail else b"\r\n")
        server.received.append(line.decode().strip().rpartition("\n")[2])
