"""`Upgrade` is ignored: what follows the head is still the body."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.faults.wire import Received, exchange
from tests.http_server import GET, LAST, Served, running
from tests.polling import HANG_TIMEOUT

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
WEBSOCKET = (
    b"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
)
LOOKS_LIKE_A_REQUEST = GET % b"much"
LENGTH = (b"Content-Length: %d\r\n" % len(LOOKS_LIKE_A_REQUEST), LOOKS_LIKE_A_REQUEST)
CHUNKS = (
    b"Transfer-Encoding: chunked\r\n",
    b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n"
    % (LOOKS_LIKE_A_REQUEST[:5], len(LOOKS_LIKE_A_REQUEST) - 5, LOOKS_LIKE_A_REQUEST[5:]),
)
READ = b"\r\n\r\n%d" % len(LOOKS_LIKE_A_REQUEST)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    one = Served()
    async with running(one):
        yield one


def post(upgrade: bytes, framing: bytes, *more: bytes) -> bytes:
    return b"".join([b"POST /read HTTP/1.1\r\nHost: bot\r\n", upgrade, framing, *more, b"\r\n"])


async def dribble(port: int, said: bytes) -> Received:
    """Send it byte by byte, each in a segment of its own."""
    return await exchange(port, *(said[i : i + 1] for i in range(len(said))), separately=True)


@pytest.mark.parametrize("upgrade", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
@pytest.mark.parametrize("framing", [LENGTH, CHUNKS], ids=["length", "chunks"])
@pytest.mark.parametrize("split", ["one segment", "head and body", "three", "bytes"])
async def test_the_body_of_an_ignored_upgrade_is_a_body(
    served: Served, upgrade: bytes, framing: tuple[bytes, bytes], split: str
) -> None:
    head, body = post(upgrade, framing[0]), framing[1]
    match split:
        case "one segment":
            received = await exchange(served.port, head + body + LAST % b"")
        case "head and body":
            received = await exchange(served.port, head, body + LAST % b"", separately=True)
        case "three":
            received = await exchange(
                served.port, head[:-3], head[-3:] + body[:7], body[7:] + LAST % b"", separately=True
            )
        case _:
            received = await dribble(served.port, head + body + LAST % b"")
    assert (received.statuses, received.closed) == ([200, 200], True)
    assert READ in received.text
    assert received.text.endswith(b"quick")


async def test_a_client_that_expects_100_continue_gets_it(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(post(H2C, LENGTH[0], b"Expect: 100-continue\r\n"))
    async with asyncio.timeout(HANG_TIMEOUT):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(LENGTH[1] + LAST % b"")
        assert READ in (received := await reader.read(-1))
    writer.close()
    assert received.count(b"HTTP/1.1 200") == 2


async def test_a_second_segment_after_a_get_is_the_next_request(served: Served) -> None:
    head = (GET % b"")[:-2] + H2C + b"\r\n"
    received = await exchange(served.port, head, LAST % b"", separately=True)
    assert (received.statuses, received.closed) == ([200, 200], True)


async def test_many_upgrades_in_one_segment_are_each_ignored(served: Served) -> None:
    head = (GET % b"")[:-2] + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n"
    received = await exchange(served.port, head * 1_500 + LAST % b"")
    assert (received.statuses, received.closed) == ([200] * 1_501, True)


async def test_an_upgrade_after_a_running_request_is_handled_next(served: Served) -> None:
    head, body = post(H2C, LENGTH[0]), LENGTH[1]
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(exchange(served.port, GET % b"wait" + head + body + LAST % b""))
        await served.has_waiting(1)
        served.go.set()
    assert (asked.result().statuses, asked.result().closed) == ([200, 200, 200], True)
    assert READ in asked.result().text


async def test_the_connection_is_closed_after_close_or_http_1_0(served: Served) -> None:
    closing = b"Connection: close, upgrade\r\nUpgrade: h2c\r\n"
    received = await exchange(served.port, post(closing, LENGTH[0]) + LENGTH[1] + GET % b"much")
    assert (received.statuses, received.closed) == ([200], True)
    old = post(H2C, LENGTH[0]).replace(b"HTTP/1.1", b"HTTP/1.0") + LENGTH[1]
    received = await exchange(served.port, old + GET % b"much")
    assert (received.statuses, received.closed) == ([200], True)
    assert READ in received.text


@pytest.mark.parametrize("more", [GET % b"", b"\x16\x03\x01", LOOKS_LIKE_A_REQUEST * 50])
async def test_nothing_after_a_connect_is_read(served: Served, more: bytes) -> None:
    tunnel = b"CONNECT bot:443 HTTP/1.1\r\nHost: bot:443\r\n"
    for head in (tunnel + b"\r\n", tunnel + LENGTH[0] + b"\r\n", tunnel + H2C + b"\r\n"):
        for said in ((head + more,), (head, more)):
            received = await exchange(served.port, *said, separately=True)
            assert (received.statuses, received.closed) == ([400], True)


@pytest.mark.parametrize(
    ("more", "behind", "status"),
    [
        pytest.param(LENGTH[0], b"half", None, id="half a body"),
        pytest.param(CHUNKS[0], b"5\r\nha", None, id="half a chunk"),
        pytest.param(CHUNKS[0], b"5;" + b"x" * 40_000, 431, id="chunk extension"),
        pytest.param(CHUNKS[0], b"0\r\nX-A: " + b"x" * 40_000, 431, id="trailer"),
        pytest.param(CHUNKS[0], b"zz\r\n", 400, id="no chunk"),
        pytest.param(LENGTH[0] + CHUNKS[0], b"", 400, id="length and chunks"),
        pytest.param(b"X-A: b\r\n" * 101, b"", 431, id="headers"),
        pytest.param(b"X-A: " + b"b" * 40_000 + b"\r\n", b"", 431, id="size"),
    ],
)
async def test_every_limit_applies_with_an_upgrade(
    served: Served,
    more: bytes,
    behind: bytes,
    status: int | None,
) -> None:
    served.set_limits(body_timeout=timedelta(seconds=0.3))
    for separately in (False, True):
        received = await exchange(served.port, post(H2C, more), behind, separately=separately)
        assert received.closed
        # The kernel may drop the response: unread data makes it send a reset.
        assert received.statuses in ([], [status])
