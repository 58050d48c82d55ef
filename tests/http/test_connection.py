"""The deadlines and size limits of a connection."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.faults.wire import exchange
from tests.http_server import GET, LAST, Served, running
from tests.polling import HANG_TIMEOUT

NEVER, LONG, SHORT = 3_600.0, 0.8, 0.2
HEAD, MESSAGE, KEPT = (LONG, NEVER, NEVER), (SHORT, LONG, NEVER), (SHORT, SHORT, LONG)
"""Timeouts of head, body and keep-alive, one of which ends a connection after `LONG`."""


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """Without timeouts: a slow machine must not exceed one that the test is not about."""
    one = Served(write_timeout=timedelta(seconds=NEVER), close_timeout=timedelta(seconds=SHORT))
    one.set_timeouts((NEVER, NEVER, NEVER))
    async with running(one):
        yield one


async def duration(port: int, *said: bytes) -> float:
    started = time.monotonic()
    received = await exchange(port, *said)
    assert received.closed
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("said", "timeouts"),
    [
        pytest.param(b"", HEAD, id="nothing"),
        pytest.param(b"\r\n\r\n", HEAD, id="empty lines"),
        pytest.param(GET[:10], HEAD, id="half a request"),
        pytest.param(GET % b"", KEPT, id="a whole request"),
        pytest.param(GET % b"" + GET[:10], HEAD, id="half a request after a whole one"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na", MESSAGE, id="half a body"),
        pytest.param(b"POST /read HTTP/1.1\r\nContent-Length: 9\r\n\r\na", MESSAGE, id="awaited"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", KEPT, id="a whole body"),
    ],
)
async def test_a_connection_is_closed_when_its_timeout_expires(
    served: Served, said: bytes, timeouts: tuple[float, ...]
) -> None:
    """On a slow machine it only lasts longer."""
    served.set_timeouts(timeouts)
    assert await duration(served.port, said) > LONG - 0.05


@pytest.mark.parametrize(
    ("said", "answered", "then", "timeouts"),
    [
        pytest.param(GET % b"", b"quick", b"\r\n", HEAD, id="an empty line after a response"),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\na",
            b"\r\n\r\nMethod Not Allowed",
            b"a",
            KEPT,
            id="the end of a body after its response",
        ),
    ],
)
async def test_data_after_a_response_does_not_extend_the_connection(
    served: Served,
    said: bytes,
    answered: bytes,
    then: bytes,
    timeouts: tuple[float, ...],
) -> None:
    served.set_timeouts(timeouts)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(said)
        await reader.readuntil(answered)
        writer.write(then)
        started = time.monotonic()
        async with asyncio.timeout(HANG_TIMEOUT):
            assert await reader.read() == b""
        assert time.monotonic() - started > LONG - 0.05
    finally:
        writer.transport.abort()


async def test_a_request_that_is_being_handled_has_no_deadline(served: Served) -> None:
    served.set_timeouts((SHORT, SHORT, SHORT))
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(exchange(served.port, LAST % b"wait"))
        await asyncio.sleep(2 * SHORT)  # longer than every timeout
        served.go.set()
    assert asked.result().statuses == [200]


async def test_a_client_that_does_not_read_its_response_is_disconnected(
    served: Served,
) -> None:
    served.set_limits(write_timeout=timedelta(seconds=SHORT))
    _, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1)
    try:
        await served.has_connections(1)
        writer.write(GET % b"much")
        await served.has_connections(0)
    finally:
        writer.transport.abort()


async def test_at_the_limit_the_longest_waiting_connection_is_closed(served: Served) -> None:
    served.set_limits(max_connections=2)
    async with asyncio.TaskGroup() as group:
        working = group.create_task(exchange(served.port, LAST % b"wait"))
        await served.has_waiting(1)
        idle = group.create_task(duration(served.port, b""))
        await served.has_connections(2)
        assert (await exchange(served.port, LAST % b"")).statuses == [200]
        await idle  # there are no deadlines here
        served.go.set()
    assert working.result().statuses == [200]


async def test_at_the_limit_no_running_request_is_dropped(served: Served) -> None:
    served.set_limits(max_connections=2)
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(exchange(served.port, LAST % b"wait")) for _ in range(2)]
        await served.has_waiting(2)
        received = await exchange(served.port, LAST % b"")
        served.go.set()
    assert received.statuses == [503]
    assert b"retry-after: 5\r\n" in received.text
    assert [task.result().statuses for task in working] == [[200], [200]]


async def test_the_limit_holds_for_connections_opened_at_once(served: Served) -> None:
    served.set_limits(max_connections=2)
    opened = await asyncio.gather(
        *(asyncio.open_connection("127.0.0.1", served.port) for _ in range(20))
    )
    await served.has_connections(2)
    for _, writer in opened:
        writer.transport.abort()


async def test_invalid_data_after_a_request_does_not_affect_its_response(served: Served) -> None:
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(exchange(served.port, GET % b"wait" + b"\x00 and so on\r\n\r\n"))
        await served.has_waiting(1)
        served.go.set()
    assert (asked.result().statuses, asked.result().closed) == ([200], True)


async def test_an_invalid_request_gets_an_error_in_the_common_format(served: Served) -> None:
    received = await exchange(served.port, b"\x00\r\n\r\n")
    assert received.statuses == [400]
    assert b"x-content-type-options: nosniff\r\n" in received.text
    assert received.text.endswith(b'\r\n\r\n{"error":"Bad Request"}')
