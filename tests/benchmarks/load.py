"""The load generator: sends prebuilt requests as fast as they are answered, or at a given rate."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.benchmarks.connection import Connection, connected

_IDLE_CONNECTIONS = 16
"""For requests at a given rate: enough for a server that pauses for a moment."""


class LoadError(Exception):
    """A request was refused, or a connection was lost."""


@dataclass(frozen=True, slots=True)
class Load:
    """How long all requests took together, and each of them, in seconds."""

    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


async def flood(port: int, requests: Sequence[bytes], connections: int = 32) -> Load:
    """Send all requests; each connection sends its next one as soon as it has its answer.

    Raises:
        LoadError: if any answer is not 200.
    """
    async with connected(port, min(connections, len(requests))) as opened:
        flood = _Flood(iter(requests), len(requests))
        lanes = [_Lane(connection, flood) for connection in opened]
        started = time.perf_counter()
        for lane in lanes:
            lane.send()
        await _finished(flood.done, opened)
        return Load(time.perf_counter() - started, flood.latencies)


async def send_at_rate(port: int, requests: Sequence[bytes], per_second: float) -> list[float]:
    """Send the requests at this rate, however long the answers take.

    Returns when each was sent, or was due if no connection was free then, by `time.perf_counter()`.

    Raises:
        LoadError: if any answer is not 200.
    """
    async with connected(port, _IDLE_CONNECTIONS) as opened:
        flood = _Flood(iter(()), len(requests))
        idle: asyncio.Queue[_Lane] = asyncio.Queue()
        for connection in opened:
            idle.put_nowait(_Lane(connection, flood, idle))
        started = time.perf_counter()
        sent: list[float] = []
        for number, request in enumerate(requests):
            due = started + number / per_second
            await asyncio.sleep(due - time.perf_counter())
            is_late = idle.empty()
            lane = await idle.get()
            sent.append(due if is_late else time.perf_counter())
            lane.send(request)
        await _finished(flood.done, opened)
        return sent


async def _finished(done: asyncio.Future[None], opened: Sequence[Connection]) -> None:
    lost = [connection.failed for connection in opened]
    await asyncio.wait((done, *lost), return_when=asyncio.FIRST_COMPLETED)
    if not done.done():
        raise LoadError("the server closed a connection")
    done.result()


@dataclass(slots=True)
class _Flood:
    """The requests that remain, and the answers so far."""

    remaining: Iterator[bytes]
    count: int
    latencies: list[float] = field(default_factory=list)
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def answered(self, status: int, body: bytes, latency: float) -> None:
        self.latencies.append(latency)
        if status != 200 and not self.done.done():
            self.done.set_exception(LoadError(f"answered {status}: {body[:200]!r}"))
        if len(self.latencies) == self.count and not self.done.done():
            self.done.set_result(None)


class _Lane:
    """One connection, which sends one request at a time."""

    def __init__(
        self, connection: Connection, flood: _Flood, idle: "asyncio.Queue[_Lane] | None" = None
    ) -> None:
        self._connection = connection
        self._flood = flood
        self._idle = idle
        self._sent_at = 0.0
        connection.on_response = self._answered

    def send(self, request: bytes | None = None) -> None:
        """Send this request, or the next one that remains."""
        request = request or next(self._flood.remaining, None)
        if request is not None:
            self._sent_at = time.perf_counter()
            self._connection.send(request)

    def _answered(self, status: int, body: bytes) -> None:
        self._flood.answered(status, body, time.perf_counter() - self._sent_at)
        if self._idle is None:
            self.send()
        else:
            self._idle.put_nowait(self)
