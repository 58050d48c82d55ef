"""The watch updates the feed when the store changes and when a worker is killed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.playground.feed import Feed
from bot.playground.watch import Watch
from bot.store import Store
from tests.factories import NOW, seconds
from tests.polling import HANG_TIMEOUT
from tests.stored_events import accept, handle


@pytest.fixture
async def watched(store: Store) -> AsyncIterator[tuple[Watch, Feed]]:
    feed = Feed()
    watch = Watch(store, feed, {}, str)
    polling = asyncio.create_task(watch.run())
    yield watch, feed
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)


async def record_with(feed: Feed, what: str, detail: str) -> Any:
    """Return the first record that has such a step."""
    async with asyncio.timeout(HANG_TIMEOUT):
        async for batch in feed.follow():
            for record in batch.records:
                if any((s["what"], s["detail"]) == (what, detail) for s in record["steps"]):
                    return record
    raise AssertionError("the feed has ended")


async def test_a_killed_worker_is_shown_for_events_in_progress(
    watched: tuple[Watch, Feed], store: Store
) -> None:
    watch, feed = watched
    await accept(store)
    watch.wake()
    await record_with(feed, "received", "")
    watch.killed((NOW + seconds(1)).timestamp())
    await record_with(feed, "worker killed", "another worker takes over within 16 s")
    await handle(store, now=NOW + seconds(4.5))
    await record_with(feed, "worker killed", "picked up by another worker after 3.5 s")
