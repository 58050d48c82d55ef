"""Juicebox is played as it is: signed events, and again where the bot could not take them in."""

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
from bot.playground import juicebox as module
from bot.playground.feed import Feed, FeedItem
from bot.playground.juicebox import Juicebox, NothingSent
from tests.polling import HANG_TIMEOUT

SECRET = "whsec_test"
BODY = b'{"id": "evt_1", "type": "search.completed"}'
Answering = Callable[[int], web.Response]


class Webhook:
    """Answers as a test says, and keeps what was posted, with whether its signature held."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self.posted: list[tuple[bytes, bool]] = []

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        signature = request.headers["x-juicebox-signature"].encode()
        try:
            verify(body, [(HEADER, signature)], [SECRET.encode()], utc_now())
            self.posted.append((body, True))
        except InvalidSignature:
            self.posted.append((body, False))
        return self._answer(len(self.posted))


def received(_: int) -> web.Response:
    timing = {"Server-Timing": "read;dur=0.5, accept;dur=1.5"}
    return web.json_response({"received": True}, headers=timing)


@asynccontextmanager
async def playing(answer: Answering) -> AsyncIterator[tuple[Juicebox, Feed, Webhook]]:
    webhook = Webhook(answer)
    app = web.Application()
    app.router.add_post("/hook", webhook.handle)
    feed = Feed()
    async with (
        TestServer(app) as server,
        Juicebox(str(server.make_url("/hook")), SECRET, feed) as j,
    ):
        yield j, feed, webhook


async def answer_that(feed: Feed, wanted: Callable[[FeedItem], bool]) -> FeedItem:
    async with asyncio.timeout(HANG_TIMEOUT):
        async for batch in feed.follow():
            for record in batch.records:
                if wanted(record):
                    return record
    raise AssertionError("the feed has ended")


def with_status(status: int | None) -> Callable[[FeedItem], bool]:
    return lambda record: record["status"] == status


async def test_an_event_is_signed_and_its_answer_told() -> None:
    async with playing(received) as (juicebox, feed, webhook):
        n = juicebox.send(BODY, "search.completed")
        told = await answer_that(feed, with_status(200))
        assert webhook.posted == [(BODY, True)]
    assert {key: told[key] for key in ("kind", "n", "label", "event_id", "type", "attempt")} == {
        "kind": "answer",
        "n": n,
        "label": "search.completed",
        "event_id": "evt_1",
        "type": "search.completed",
        "attempt": 1,
    }
    assert (told["body"], told["again_in_s"]) == ('{"received": true}', None)
    assert told["request_body"] == BODY.decode()
    assert told["signature"].startswith("sha256=")
    [posting] = juicebox.postings["evt_1"]
    assert posting.laps == {"read": 0.5, "accept": 1.5}


async def test_a_bad_signature_is_bad_and_is_not_what_is_sent_again() -> None:
    async with playing(received) as (juicebox, feed, webhook):
        juicebox.send(BODY, "first")
        await answer_that(feed, lambda told: told["label"] == "first")
        juicebox.send(b"{}", "bad", genuine=False)
        await answer_that(feed, lambda told: told["label"] == "bad")
        juicebox.send_again()
        await answer_that(feed, lambda told: told["label"] == "Duplicate")
        assert webhook.posted == [(BODY, True), (b"{}", False), (BODY, True)]


async def test_after_a_burst_its_last_event_is_sent_again() -> None:
    async with playing(received) as (juicebox, feed, webhook):
        juicebox.burst([b'{"id": "evt_1"}', b'{"id": "evt_2"}'], "Burst of 2")
        await answer_that(feed, lambda told: told["label"] == "Burst of 2")
        juicebox.send_again()
        await answer_that(feed, lambda told: told["label"] == "Duplicate")
        assert webhook.posted[-1] == (b'{"id": "evt_2"}', True)


async def test_there_is_nothing_to_send_again_at_first() -> None:
    async with playing(received) as (juicebox, _, _):
        with pytest.raises(NothingSent, match="nothing has been sent yet"):
            juicebox.send_again()


async def test_what_the_bot_cannot_take_in_is_sent_again_when_it_says() -> None:
    def at_first_away(count: int) -> web.Response:
        return (
            received(count) if count > 1 else web.Response(status=503, headers={"Retry-After": "0"})
        )

    async with playing(at_first_away) as (juicebox, feed, webhook):
        juicebox.send(BODY, "search.completed")
        told = await answer_that(feed, with_status(200))
        assert webhook.posted == [(BODY, True)] * 2
    assert told["attempt"] == 2
    assert [posting.status for posting in juicebox.postings["evt_1"]] == [503, 200]


@pytest.mark.parametrize("status", [400, 401, 413])
async def test_what_is_refused_is_not_sent_again(status: int) -> None:
    async with playing(lambda _: web.Response(status=status)) as (juicebox, feed, _):
        juicebox.send(BODY, "search.completed")
        assert (await answer_that(feed, with_status(status)))["again_in_s"] is None


async def test_a_bot_that_is_away_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 60.0)
    feed = Feed()
    async with Juicebox(f"http://127.0.0.1:{free_port()}/", SECRET, feed) as juicebox:
        juicebox.send(BODY, "search.completed")
        told = await answer_that(feed, with_status(None))
    assert told["error"] == "the bot: cannot be reached"
    assert told["again_in_s"] > 0


async def test_a_burst_is_told_as_one_and_repeats_only_what_was_not_taken_in() -> None:
    def one_of_them_away(count: int) -> web.Response:
        return (
            web.Response(status=503, headers={"Retry-After": "0"})
            if count == 1
            else received(count)
        )

    async with playing(one_of_them_away) as (juicebox, feed, webhook):
        juicebox.burst([b'{"id": "evt_%d"}' % n for n in range(5)], "Burst of 5")
        told = await answer_that(feed, lambda told: told["attempt"] == 2)
        assert len(webhook.posted) == 6
    assert (told["label"], told["count"], told["statuses"]) == ("Burst of 5", 5, {"200": 5})


@pytest.mark.parametrize("body", [b"nonsense", b"[1]", b'{"id": 7, "type": null}', b""])
async def test_a_body_that_is_no_event_is_sent_all_the_same(body: bytes) -> None:
    async with playing(received) as (juicebox, feed, webhook):
        juicebox.send(body, "From the editor")
        told: Any = await answer_that(feed, with_status(200))
        assert webhook.posted == [(body, True)]
    assert (told["event_id"], told["type"]) == (None, "")
    assert juicebox.postings == {}
