"""Slow and idle connections: closed at a deadline, while normal requests are answered."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import httpx
import pytest

from bot.http.body import BODY_TIMEOUT
from bot.http.connection import ConnectionLimits
from tests.app import envelope
from tests.faults.deployment import Deployment, Web
from tests.faults.tally import Tally
from tests.faults.wire import request
from tests.polling import HANG_TIMEOUT

TOLERANCE = 1.5
"""Seconds that a deadline may be early or, with `--whole`, late."""
DRIP_INTERVAL = 0.5
HEAD_TIMEOUT = ConnectionLimits().head_timeout.total_seconds()
MESSAGE_TIMEOUT = ConnectionLimits().body_timeout.total_seconds()
SHORTEST_TIMEOUT = min(HEAD_TIMEOUT, BODY_TIMEOUT.total_seconds())
MAX_P99 = 0.25

IDLE = [b""]
SLOW_HEADERS = [
    b"POST /webhooks/juicebox HTTP/1.1\r\nHost: bot\r\nX-A: ",
    b"POST /web",
    b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\nGET /",  # the second request on its connection
]
_LONG = b"Content-Length: 1000"
SLOW_BODIES = [
    sent.replace(b"Connection: close", b"Connection: keep-alive")
    for sent in (
        request(b"{", _LONG, length=False),
        request(b"{", _LONG, length=False, line=b"POST /slack/events HTTP/1.1"),
        request(b"{", _LONG, length=False, line=b"POST /nowhere HTTP/1.1"),
        request(b"{", _LONG, length=False, line=b"GET /healthz HTTP/1.1"),
        request(b"fff\r\n{", b"Transfer-Encoding: chunked", length=False),
    )
]


class SlowClient:
    """Sends the beginning of a request, then single bytes, and measures when it is disconnected."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning
        self.received = b""
        self.lasted = 0.0
        self.closed = False

    async def hold(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = time.monotonic()
        writer.write(self._beginning)
        dripping = asyncio.create_task(self._drip(writer))
        with suppress(TimeoutError):
            async with asyncio.timeout(HANG_TIMEOUT):
                with suppress(ConnectionError):
                    while chunk := await reader.read(4096):
                        self.received += chunk
                self.closed = True
        self.lasted = time.monotonic() - started
        dripping.cancel()
        writer.transport.abort()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        while self._beginning:
            await asyncio.sleep(DRIP_INTERVAL)  # as a slow sender does
            writer.write(b"a")


async def good_requests(web: Web, slow: asyncio.Task[None]) -> Sequence[float]:
    """Send events until the slow clients are gone; return the duration of each request."""
    took = []
    for number in itertools.count():
        started = time.perf_counter()
        answer = await web.receive(envelope(f"evt_good_{number}"))
        took.append(time.perf_counter() - started)
        assert answer.status_code == 200
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(slow), 0.02)
        if slow.done():
            break
    return took


async def client_address(router: httpx.AsyncClient, web: Web) -> tuple[str, int]:
    """Send a request, and return the local address of its connection."""
    answer = await router.get(f"http://127.0.0.1:{web.port}/healthz")
    address: tuple[str, int] = answer.extensions["network_stream"].get_extra_info("client_addr")
    return address


def sockets(count: int, beginnings: Sequence[bytes]) -> Iterator[SlowClient]:
    return map(SlowClient, itertools.islice(itertools.cycle(beginnings), count))


@pytest.mark.case(9)
async def test_slow_and_idle_sockets_are_closed_by_a_deadline(
    deployment: Deployment,
    tally: Tally,
    whole: bool,
) -> None:
    count = 200 if whole else 20
    kinds = [list(sockets(count, kind)) for kind in (IDLE, SLOW_HEADERS, SLOW_BODIES)]
    clients = list(itertools.chain.from_iterable(kinds))

    async def hold_all(port: int) -> None:
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.hold(port))

    limits = httpx.Limits(keepalive_expiry=60)
    async with deployment.web() as web, httpx.AsyncClient(limits=limits) as router:
        before = await client_address(router, web)
        took = await good_requests(web, asyncio.create_task(hold_all(web.port)))
        after = await client_address(router, web)

    idle, headers, bodies = kinds
    assert all(client.closed for client in clients)
    assert max(one.lasted for one in [*idle, *headers]) < HEAD_TIMEOUT + TOLERANCE or not whole
    assert max(one.lasted for one in bodies) < MESSAGE_TIMEOUT + TOLERANCE or not whole
    assert min(client.lasted for client in clients) > SHORTEST_TIMEOUT - TOLERANCE
    assert {one.received for one in idle} == {b""}
    assert all(b" 408 " in one.received for one in headers)
    assert all(b" 408 " in one.received for one in bodies[:: len(SLOW_BODIES)])
    assert after == before, "a router's connection is kept between its requests"
    p99 = sorted(took)[int(len(took) * 0.99)]
    assert not whole or p99 < MAX_P99
    tally.run(len(clients))
