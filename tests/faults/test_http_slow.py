"""Sockets that are held open and hardly used: closed by a deadline, while good requests are answered."""

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

SLACK = 1.5
"""Seconds that a deadline may come early or, where nothing else uses the machine, late."""
PAUSE = 0.5
HEAD_TIMEOUT = ConnectionLimits().head_timeout.total_seconds()
MESSAGE_TIMEOUT = ConnectionLimits().body_timeout.total_seconds()
SHORTEST_TIMEOUT = min(HEAD_TIMEOUT, BODY_TIMEOUT.total_seconds())
SLOWEST_P99 = 0.25

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


class Hostile:
    """Sends the beginning, then a byte now and then, and notes when it was thrown out."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning
        self.heard = b""
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
                        self.heard += chunk
                self.closed = True
        self.lasted = time.monotonic() - started
        dripping.cancel()
        writer.transport.abort()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        while self._beginning:
            await asyncio.sleep(PAUSE)  # it is what a slow sender does
            writer.write(b"a")


async def good_requests(web: Web, hostile: asyncio.Task[None]) -> Sequence[float]:
    """How long each took, for as long as the hostile ones hold on; all must be accepted."""
    took = []
    for number in itertools.count():
        started = time.perf_counter()
        answer = await web.receive(envelope(f"evt_good_{number}"))
        took.append(time.perf_counter() - started)
        assert answer.status_code == 200
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(hostile), 0.02)
        if hostile.done():
            break
    return took


async def its_own_address(router: httpx.AsyncClient, web: Web) -> tuple[str, int]:
    """Which connection a request goes over."""
    answer = await router.get(f"http://127.0.0.1:{web.port}/healthz")
    address: tuple[str, int] = answer.extensions["network_stream"].get_extra_info("client_addr")
    return address


def sockets(count: int, beginnings: Sequence[bytes]) -> Iterator[Hostile]:
    return map(Hostile, itertools.islice(itertools.cycle(beginnings), count))


@pytest.mark.case(9)
async def test_slow_and_idle_sockets_are_closed_by_a_deadline(
    deployment: Deployment,
    tally: Tally,
    whole: bool,
) -> None:
    count = 200 if whole else 20
    kinds = [list(sockets(count, kind)) for kind in (IDLE, SLOW_HEADERS, SLOW_BODIES)]
    every = list(itertools.chain.from_iterable(kinds))

    async def hold_all(port: int) -> None:
        async with asyncio.TaskGroup() as group:
            for one in every:
                group.create_task(one.hold(port))

    patient = httpx.Limits(keepalive_expiry=60)
    async with deployment.web() as web, httpx.AsyncClient(limits=patient) as router:
        before = await its_own_address(router, web)
        took = await good_requests(web, asyncio.create_task(hold_all(web.port)))
        after = await its_own_address(router, web)

    idle, headers, bodies = kinds
    assert all(one.closed for one in every)
    assert max(one.lasted for one in [*idle, *headers]) < HEAD_TIMEOUT + SLACK or not whole
    assert max(one.lasted for one in bodies) < MESSAGE_TIMEOUT + SLACK or not whole
    assert min(one.lasted for one in every) > SHORTEST_TIMEOUT - SLACK
    assert {one.heard for one in idle} == {b""}
    assert all(b" 408 " in one.heard for one in headers)
    assert all(b" 408 " in one.heard for one in bodies[:: len(SLOW_BODIES)])
    assert after == before, "a router's connection is kept between its requests"
    p99 = sorted(took)[int(len(took) * 0.99)]
    assert not whole or p99 < SLOWEST_P99
    tally.run(len(every))
