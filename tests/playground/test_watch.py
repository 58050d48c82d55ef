"""The watch tells the feed what has changed in Redis, and what the playground did to the worker."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.playground.feed import Feed
from bot.playground.watch import Watch
from bot.store import Store
from tests.factories import NOW, body_of, make_event, seconds
from tests.polling import HANG_SECONDS


@pytest.fixture
async def watched(store: Store) -> AsyncIterator[tuple[Watch, Feed]]:
    feed = Feed()
    watch = Watch(store, feed, {}, str)
    looking = asyncio.create_task(watch.run())
    yield watch, feed
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)


async def trail_with(feed: Feed, what: str, detail: str) -> Any:
    """The first trail that has such a step."""
    async with asyncio.timeout(HANG_SECONDS):
        async for batch in feed.follow():
            for record in batch.records:
                if any((s["what"], s["detail"]) == (what, detail) for s in record["steps"]):
                    return record
    raise AssertionError("the feed has ended")


async def test_a_kill_of_the_worker_is_told_of_the_events_under_way(
    watched: tuple[Watch, Feed], store: Store
) -> None:
    watch, feed = watched
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    watch.wake()
    await trail_with(feed, "received", "")
    watch.killed((NOW + seconds(1)).timestamp())
    await trail_with(feed, "worker killed", "waits for another worker, which comes within 16 s")
    await store.ledger.open(event.id, [], NOW + seconds(4.5))
    await trail_with(feed, "worker killed", "picked up by another worker after 3.5 s")
