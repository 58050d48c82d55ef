"""The simulated Juicebox signs events, and retries those that the bot did not accept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.clock import utc_now
from bot.errors import InvalidSignature
from bot.fakes.redis_server import free_port
from bot.intake.signature import HEADER, verify
from bot.playground.feed import Feed, FeedItem
from bot.playground.juicebox import Juicebox, NothingSent
from tests.polling import HANG_TIMEOUT

SECRET = "whsec_test"
BODY = b'{"id": "evt_1", "type": "search.completed"}'
Responder = Callable[[int], web.Response]


class Webhook:
    """Responds as the test wants; keeps each body, and whether its signature was valid."""

    def __init__(self, respond: Responder) -> None:
        self._respond = respond
        self.posted: list[tuple[bytes, bool]] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        signature = request.headers["x-juicebox-signature"].encode()
        try:
            verify(body, [(HEADER, signature)], [SECRET.encode()], utc_now())
            self.posted.append((body, True))
        except InvalidSignature:
            self.posted.append((body, False))
        return self._respond(len(self.posted))


def received(_: int) -> web.Response:
    timing = {"Server-Timing": "read;dur=0.5, accept;dur=1.5"}
    return web.json_response({"received": True}, headers=timing)


@asynccontextmanager
async def simulated_juicebox(respond: Responder) -> AsyncIterator[tuple[Juicebox, Feed, Webhook]]:
    webhook = Webhook(respond)
    app = web.Application()
    app.router.add_post("/hook", webhook.handle)
    feed = Feed()
    async with (
        TestServer(app) as server,
        Juicebox(str(server.make_url("/hook")), SECRET, feed) as j,
    ):
        yield j, feed, webhook


async def response_where(feed: Feed, wanted: Callable[[FeedItem], bool]) -> FeedItem:
    async with asyncio.timeout(HANG_TIMEOUT):
        async for batch in feed.follow():
            for record in batch.records:
                if wanted(record):
                    return record
    raise AssertionError("the feed has ended")


def with_status(status: int | None) -> Callable[[FeedItem], bool]:
    return lambda record: record["status"] == status


async def test_an_event_is_signed_and_its_response_published() -> None:
    async with simulated_juicebox(received) as (juicebox, feed, webhook):
        n = juicebox.send(BODY, "search.completed")
        record = await response_where(feed, with_status(200))
        assert webhook.posted == [(BODY, True)]
    assert {key: record[key] for key in ("kind", "n", "label", "event_id", "type", "attempt")} == {
        "kind": "response",
        "n": n,
        "label": "search.completed",
        "event_id": "evt_1",
        "type": "search.completed",
        "attempt": 1,
    }
    assert (record["body"], record["retry_in_s"]) == ('{"received": true}', None)
    assert record["request_body"] == BODY.decode()
    assert record["signature"].startswith("sha256=")
    [posting] = juicebox.postings["evt_1"]
    assert posting.timings == {"read": 0.5, "accept": 1.5}


async def test_an_event_with_a_bad_signature_is_not_the_one_sent_again() -> None:
    async with simulated_juicebox(received) as (juicebox, feed, webhook):
        juicebox.send(BODY, "first")
        await response_where(feed, lambda r: r["label"] == "first")
        juicebox.send(b"{}", "bad", valid_signature=False)
        await response_where(feed, lambda r: r["label"] == "bad")
        juicebox.send_again()
        await response_where(feed, lambda r: r["label"] == "Duplicate")
        assert webhook.posted == [(BODY, True), (b"{}", False), (BODY, True)]


async def test_the_last_event_of_a_burst_is_sent_again() -> None:
    async with simulated_juicebox(received) as (juicebox, feed, webhook):
        juicebox.send_burst([b'{"id": "evt_1"}', b'{"id": "evt_2"}'], "Burst of 2")
        await response_where(feed, lambda r: r["label"] == "Burst of 2")
        juicebox.send_again()
        await response_where(feed, lambda r: r["label"] == "Duplicate")
        assert webhook.posted[-1] == (b'{"id": "evt_2"}', True)


async def test_nothing_can_be_sent_again_at_first() -> None:
    async with simulated_juicebox(received) as (juicebox, _, _):
        with pytest.raises(NothingSent, match="nothing has been sent yet"):
            juicebox.send_again()


async def test_a_503_is_retried_after_its_retry_after() -> None:
    def unavailable_once(count: int) -> web.Response:
        return (
            received(count) if count > 1 else web.Response(status=503, headers={"Retry-After": "0"})
        )

    async with simulated_juicebox(unavailable_once) as (juicebox, feed, webhook):
        juicebox.send(BODY, "search.completed")
        record = await response_where(feed, with_status(200))
        assert webhook.posted == [(BODY, True)] * 2
    assert record["attempt"] == 2
    assert [posting.status for posting in juicebox.postings["evt_1"]] == [503, 200]


@pytest.mark.parametrize("status", [400, 401, 413])
async def test_a_refused_event_is_not_retried(status: int) -> None:
    async with simulated_juicebox(lambda _: web.Response(status=status)) as (juicebox, feed, _):
        juicebox.send(BODY, "search.completed")
        assert (await response_where(feed, with_status(status)))["retry_in_s"] is None


async def test_an_unreachable_bot_is_retried() -> None:
    feed = Feed()
    url = f"http://127.0.0.1:{free_port()}/"
    async with Juicebox(url, SECRET, feed, retry_interval=60) as juicebox:
        juicebox.send(BODY, "search.completed")
        record = await response_where(feed, with_status(None))
    assert record["error"] == "the bot: cannot be reached"
    assert record["retry_in_s"] == 60


async def test_a_burst_is_one_record_and_retries_only_what_was_not_accepted() -> None:
    def first_unavailable(count: int) -> web.Response:
        return (
            web.Response(status=503, headers={"Retry-After": "0"})
            if count == 1
            else received(count)
        )

    async with simulated_juicebox(first_unavailable) as (juicebox, feed, webhook):
        juicebox.send_burst([b'{"id": "evt_%d"}' % n for n in range(5)], "Burst of 5")
        record = await response_where(feed, lambda r: r["attempt"] == 2)
        assert len(webhook.posted) == 6
    assert (record["label"], record["count"], record["statuses"]) == ("Burst of 5", 5, {"200": 5})


@pytest.mark.parametrize("body", [b"nonsense", b"[1]", b'{"id": 7, "type": null}', b""])
async def test_a_body_that_is_not_an_event_is_sent_too(body: bytes) -> None:
    async with simulated_juicebox(received) as (juicebox, feed, webhook):
        juicebox.send(body, "From the editor")
        record: Any = await response_where(feed, with_status(200))
        assert webhook.posted == [(body, True)]
    assert (record["event_id"], record["type"]) == (None, "")
    assert juicebox.postings == {}
