"""A page that comes late is told everything, in order; one that is there is told what is new."""

import asyncio
from collections.abc import Sequence

from bot.playground.feed import Feed, FeedItem


async def rest_of(feed: Feed, position: int = 0) -> list[FeedItem]:
    feed.end()
    return [record async for batch in feed.follow(position) for record in batch.records]


def numbers(records: Sequence[FeedItem]) -> list[int]:
    return [record["n"] for record in records]


async def test_records_come_in_the_order_they_were_told() -> None:
    feed = Feed()
    for n in range(3):
        feed.tell("mail", str(n), n=n)
    assert await rest_of(feed) == [{"kind": "mail", "n": n} for n in range(3)]


async def test_a_record_that_is_told_anew_keeps_its_place() -> None:
    feed = Feed()
    feed.tell("trail", "evt_1", n=1)
    feed.tell("trail", "evt_2", n=2)
    feed.tell("trail", "evt_1", n=3)
    assert numbers(await rest_of(feed)) == [3, 2]


async def test_whoever_follows_is_told_at_once() -> None:
    feed = Feed()
    following = feed.follow()
    waiting = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    feed.tell("mail", "1", n=1)
    assert numbers((await waiting).records) == [1]
    feed.tell("mail", "1", n=2)
    assert numbers((await anext(following)).records) == [2]


async def test_a_page_that_comes_back_misses_nothing_and_gets_nothing_twice() -> None:
    feed = Feed()
    feed.tell("mail", "1", n=1)
    feed.tell("mail", "2", n=2)
    seen = await anext(feed.follow())
    feed.tell("mail", "1", n=3)
    feed.tell("mail", "4", n=4)
    assert numbers(await rest_of(feed, seen.position)) == [3, 4]


async def test_what_has_not_changed_is_no_news() -> None:
    feed = Feed()
    feed.tell("weather", "", redis="running")
    seen = await anext(feed.follow())
    feed.tell("weather", "", redis="running")
    assert await rest_of(feed, seen.position) == []


async def test_of_each_kind_the_latest_are_kept() -> None:
    feed = Feed()
    feed.tell("weather", "", n=0)
    for n in range(1000):
        feed.tell("mail", str(n), n=n)
    kept = await rest_of(feed)
    assert numbers(kept) == [0, *range(600, 1000)]


async def test_a_feed_that_has_ended_gives_what_is_left() -> None:
    feed = Feed()
    following = feed.follow()
    feed.tell("stopped", "")
    feed.end()
    assert [batch.records async for batch in following] == [({"kind": "stopped"},)]
