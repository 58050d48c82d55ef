"""How long a connection is kept, and how much it may say."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bot.http import connection as http_connection
from tests.faults.wire import say
from tests.http_server import GET, LAST, Served, running
from tests.polling import HANG_TIMEOUT

NEVER, LONG, SHORT = 3_600.0, 0.8, 0.2
HEAD, MESSAGE, KEPT = (LONG, NEVER, NEVER), (SHORT, LONG, NEVER), (SHORT, SHORT, LONG)
"""Deadlines of head, message and next request of which one ends a connection that lasts `LONG`."""


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """It has no deadline, so that a slow machine runs into none that a test is not about."""
    one = Served(monkeypatch)
    async with running(one):
        monkeypatch.setattr(http_connection, "UNREAD_SECONDS", NEVER)
        monkeypatch.setattr(http_connection, "LINGER_SECONDS", SHORT)
        one.set_deadlines((NEVER, NEVER, NEVER))
        yield one


async def lasts(port: int, *said: bytes) -> float:
    started = time.monotonic()
    heard = await say(port, *said)
    assert heard.closed
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("said", "deadlines"),
    [
        pytest.param(b"", HEAD, id="nothing"),
        pytest.param(b"\r\n\r\n", HEAD, id="empty lines"),
        pytest.param(GET[:10], HEAD, id="half a request"),
        pytest.param(GET % b"", KEPT, id="a whole request"),
        pytest.param(GET % b"" + GET[:10], HEAD, id="half a request behind a whole one"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na", MESSAGE, id="half a body"),
        pytest.param(b"POST /read HTTP/1.1\r\nContent-Length: 9\r\n\r\na", MESSAGE, id="awaited"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na", KEPT, id="a whole body"),
    ],
)
async def test_a_connection_is_kept_only_as_long_as_it_may_wait(
    served: Served, said: bytes, deadlines: tuple[float, ...]
) -> None:
    """A slow machine only makes it last longer."""
    served.set_deadlines(deadlines)
    assert await lasts(served.port, said) > LONG - 0.05


@pytest.mark.parametrize(
    ("said", "answered", "then", "deadlines"),
    [
        pytest.param(GET % b"", b"quick", b"\r\n", HEAD, id="an empty line behind an answer"),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\na",
            b"\r\n\r\nMethod Not Allowed",
            b"a",
            KEPT,
            id="the end of a body behind its answer",
        ),
    ],
)
async def test_after_an_answer_it_is_kept_for_the_next_request_alone(
    served: Served,
    said: bytes,
    answered: bytes,
    then: bytes,
    deadlines: tuple[float, ...],
) -> None:
    served.set_deadlines(deadlines)
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


async def test_a_request_that_is_worked_on_is_waited_for(served: Served) -> None:
    served.set_deadlines((SHORT, SHORT, SHORT))
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(say(served.port, LAST % b"wait"))
        await asyncio.sleep(2 * SHORT)  # longer than every deadline
        served.go.set()
    assert asked.result().statuses == [200]


async def test_who_does_not_take_the_answer_is_cut_off(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "UNREAD_SECONDS", SHORT)
    _, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1)
    try:
        await served.has_connections(1)
        writer.write(GET % b"much")
        await served.has_connections(0)
    finally:
        writer.transport.abort()


async def test_the_longest_wait_ends_when_there_are_too_many(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "MOST_CONNECTIONS", 2)
    async with asyncio.TaskGroup() as group:
        working = group.create_task(say(served.port, LAST % b"wait"))
        await served.has_waiting(1)
        idle = group.create_task(lasts(served.port, b""))
        await served.has_connections(2)
        assert (await say(served.port, LAST % b"")).statuses == [200]
        await idle  # no deadline has ended it
        served.go.set()
    assert working.result().statuses == [200]


async def test_no_work_is_dropped_for_a_newcomer(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "MOST_CONNECTIONS", 2)
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(say(served.port, LAST % b"wait")) for _ in range(2)]
        await served.has_waiting(2)
        heard = await say(served.port, LAST % b"")
        served.go.set()
    assert heard.statuses == [503]
    assert b"retry-after: 5\r\n" in heard.text
    assert [task.result().statuses for task in working] == [[200], [200]]


async def test_newcomers_that_come_all_at_once_are_too_many_too(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_connection, "MOST_CONNECTIONS", 2)
    opened = await asyncio.gather(
        *(asyncio.open_connection("127.0.0.1", served.port) for _ in range(20))
    )
    await served.has_connections(2)
    for _, writer in opened:
        writer.transport.abort()


async def test_what_comes_behind_a_request_takes_nothing_from_its_answer(served: Served) -> None:
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(say(served.port, GET % b"wait" + b"\x00 and so on\r\n\r\n"))
        await served.has_waiting(1)
        served.go.set()
    assert (asked.result().statuses, asked.result().closed) == ([200], True)


async def test_refused_before_any_door_it_is_still_an_answer_in_our_form(served: Served) -> None:
    heard = await say(served.port, b"\x00\r\n\r\n")
    assert heard.statuses == [400]
    assert b"x-content-type-options: nosniff\r\n" in heard.text
    assert heard.text.endswith(b'\r\n\r\n{"error":"Bad Request"}')
