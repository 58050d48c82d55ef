"""Events found by a part of an id, or by words."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.model import Event, EventState
from bot.store import Store, keys
from bot.store.newest import Skimmed, pages_of_newest
from bot.store.stored_event import StoredEvent
from bot.views.event_search import SearchResult, _Search, search_events
from tests.factories import NOW, make_delivery, make_event, seconds
from tests.slack_app.conftest import describe
from tests.stored_events import accept, handle, rewrite

SEARCH = {"searchId": "srch_Kreuzberg7", "resultCount": 1204, "query": "Médecin à Berlin"}


async def find(store: Store, text: str, *, in_texts: bool = False) -> SearchResult:
    return await search_events(store, text, describe, in_texts=in_texts)


async def ids(store: Store, text: str, *, in_texts: bool = False) -> list[str]:
    return [c.subject_id for c in (await find(store, text, in_texts=in_texts)).candidates]


@pytest.fixture
async def searched(store: Store) -> Store:
    """A store with a search, a profile and an export."""
    await accept(store, make_event("evt_AbCdEf", data=SEARCH), NOW)
    await handle(store, make_delivery("evt_AbCdEf"), event_id="evt_AbCdEf")
    profile = {"profileId": 4711_0815, "fields": ["email"]}
    await accept(store, make_event("evt_profile", "profile.enriched", data=profile), NOW)
    export = {"export_id": "exp_9", "downloadUrl": "https://x.example/y", "recordCount": 50}
    await accept(store, make_event("evt_export", "export.ready", data=export), NOW)
    return store


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("bcde", "evt_AbCdEf"),
        ("ABCDEF", "evt_AbCdEf"),
        ("kreuz", "evt_AbCdEf"),
        ("4711", "evt_profile"),
        ("exp_9", "evt_export"),
        (make_delivery("evt_AbCdEf").id[4:12].upper(), make_delivery("evt_AbCdEf").id),
    ],
)
async def test_a_part_of_any_id_in_any_case_is_enough(
    searched: Store, part: str, found: str
) -> None:
    assert await ids(searched, part) == [found]


@pytest.mark.parametrize("part", ["abc", "evt", "", "   ", "nothing like it", "berlin", "1204"])
async def test_a_short_part_and_other_values_find_nothing(searched: Store, part: str) -> None:
    assert await ids(searched, part) == []


async def test_a_part_of_many_ids_lists_ten_and_counts_all(store: Store) -> None:
    for n in range(12):
        await accept(store, f"evt_many_{n}", NOW + seconds(n))
    found = await find(store, "many")
    assert [c.id for c in found.candidates] == [f"evt_many_{n}" for n in range(11, 1, -1)]
    assert (found.count, found.searched, found.is_complete) == (12, 12, True)
    assert found.candidates[0].summary == "Search completed (searchId srch_1, resultCount 1204)"
    assert found.candidates[0].received_at == NOW + seconds(11)


async def test_a_whole_id_is_preferred_to_a_part_of_others(store: Store) -> None:
    for name in ("srch_1", "srch_12", "srch_123"):
        await accept(store, make_event(f"evt_of_{name}", data={"searchId": name}))
    assert await ids(store, "SRCH_12") == ["evt_of_srch_12"]
    assert len(await ids(store, "srch_")) == 3


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("medecin BERLIN", ["evt_AbCdEf"]),
        ("results 1,204", ["evt_AbCdEf"]),
        ("search completed", ["evt_AbCdEf"]),
        ("profile", ["evt_profile"]),
        ("export ready 50", ["evt_export"]),
        ("ber", ["evt_AbCdEf"]),
        ("berlin rust", []),
        ("", []),
    ],
)
async def test_words_are_found_whatever_their_case_and_accents(
    searched: Store, words: str, found: list[str]
) -> None:
    assert await ids(searched, words, in_texts=True) == found


async def test_only_the_newest_thousand_are_searched(store: Store, redis: Redis) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        pipe.zadd(keys.LOG, {f"evt_{n:04}": n for n in range(1001)})
        for n in range(1001):
            pipe.hset(keys.event(f"evt_{n:04}"), mapping=stored_fields(n))
        await pipe.execute()
    found = await search_events(store, "evt_000", describe, monotonic=lambda: 0)
    assert [c.id for c in found.candidates] == [f"evt_{n:04}" for n in range(9, 0, -1)]
    assert found.searched == 1000


def stored_fields(n: int) -> dict[str, str]:
    envelope = {"type": "a.b", "at": n, "received": n, "state": "handled"}
    return {"event": json.dumps(envelope), "body": '{"data": {}}'}


async def test_large_bodies_are_read_in_pages(store: Store, redis: Redis) -> None:
    for n in range(7):
        await accept(store, make_event(f"evt_{n}", data={"searchId": f"s{n}", "x": "y" * 1000}))
    pages = [page async for page in pages_of_newest(redis, page_bytes=2_500)]
    assert [[s.stored.id for s in page] for page in pages] == [
        ["evt_6", "evt_5"],
        ["evt_4", "evt_3"],
        ["evt_2", "evt_1"],
        ["evt_0"],
    ]


async def test_it_ends_in_time_and_says_how_far_it_came(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pages() -> Any:
        for n in range(5):
            yield [skim async for page in pages_of_newest(store.redis) for skim in page][n : n + 1]

    for n in range(5):
        await accept(store, f"evt_many_{n}", NOW + seconds(n))
    monkeypatch.setattr(store.events, "newest", pages)
    ticks: Iterator[float] = (n * timedelta(seconds=0.3).total_seconds() for n in count())
    found = await search_events(store, "many", describe, monotonic=lambda: next(ticks))
    assert ([c.id for c in found.candidates], found.searched, found.is_complete) == (
        ["evt_many_4", "evt_many_3", "evt_many_2"],
        3,
        False,
    )


async def test_what_another_program_has_damaged_is_left_out(store: Store, redis: Redis) -> None:
    for name in ("evt_aaaa1", "evt_aaaa2", "evt_aaaa3"):
        await accept(store, name)
    await rewrite(redis, "event", "evt_aaaa1", state="<!channel>")
    await redis.delete(keys.event("evt_aaaa2"))
    await redis.set(keys.event("evt_aaaa2"), "a string")
    assert await ids(store, "aaaa") == ["evt_aaaa3"]


async def test_a_search_takes_a_handful_of_round_trips(searched: Store) -> None:
    trips = 0
    execute = searched.redis.connection_pool.get_connection

    async def counted(*args: Any, **options: Any) -> Any:
        nonlocal trips
        trips += 1
        return await execute(*args, **options)

    searched.redis.connection_pool.get_connection = counted  # type: ignore[method-assign]
    assert await ids(searched, "kreuzberg") == ["evt_AbCdEf"]
    assert trips == 3


def test_describe_is_not_asked_for_every_event() -> None:
    """Types beyond the twentieth are found by their values alone."""
    asked: list[str] = []

    def count_calls(event: Event) -> str:
        asked.append(event.type)
        return "said"

    search = _Search("nothing", count_calls, in_texts=True)
    for n in range(100):
        event = make_event(f"evt_{n}", f"type.{n % 50}")
        search.look_at(Skimmed(StoredEvent(event, b"", EventState.HANDLED, NOW), ()))
    assert len(asked) == 20
