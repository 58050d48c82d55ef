"""A new page gets all records in order; an open page gets those that are new."""

import asyncio
from collections.abc import Sequence

from bot.playground.feed import Feed, FeedItem


async def remaining_records(feed: Feed, position: int = 0) -> list[FeedItem]:
    feed.close()
    return [record async for batch in feed.follow(position) for record in batch.records]


def numbers(records: Sequence[FeedItem]) -> list[int]:
    return [record["n"] for record in records]


async def test_records_keep_their_order() -> None:
    feed = Feed()
    for n in range(3):
        feed.publish("mail", str(n), n=n)
    assert await remaining_records(feed) == [{"kind": "mail", "n": n} for n in range(3)]


async def test_an_updated_record_keeps_its_place() -> None:
    feed = Feed()
    feed.publish("timeline", "evt_1", n=1)
    feed.publish("timeline", "evt_2", n=2)
    feed.publish("timeline", "evt_1", n=3)
    assert numbers(await remaining_records(feed)) == [3, 2]


async def test_followers_get_new_records_at_once() -> None:
    feed = Feed()
    following = feed.follow()
    waiting = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    feed.publish("mail", "1", n=1)
    assert numbers((await waiting).records) == [1]
    feed.publish("mail", "1", n=2)
    assert numbers((await anext(following)).records) == [2]


async def test_a_reconnecting_page_misses_nothing_and_gets_nothing_twice() -> None:
    feed = Feed()
    feed.publish("mail", "1", n=1)
    feed.publish("mail", "2", n=2)
    seen = await anext(feed.follow())
    feed.publish("mail", "1", n=3)
    feed.publish("mail", "4", n=4)
    assert numbers(await remaining_records(feed, seen.position)) == [3, 4]


async def test_an_unchanged_record_is_not_sent_again() -> None:
    feed = Feed()
    feed.publish("failures", "", redis="running")
    seen = await anext(feed.follow())
    feed.publish("failures", "", redis="running")
    assert await remaining_records(feed, seen.position) == []


async def test_the_latest_records_of_each_kind_are_kept() -> None:
    feed = Feed()
    feed.publish("failures", "", n=0)
    for n in range(1000):
        feed.publish("mail", str(n), n=n)
    kept = await remaining_records(feed)
    assert numbers(kept) == [0, *range(600, 1000)]


async def test_a_closed_feed_delivers_the_remaining_records() -> None:
    feed = Feed()
    following = feed.follow()
    feed.publish("stopped", "")
    feed.close()
    assert [batch.records async for batch in following] == [({"kind": "stopped"},)]
