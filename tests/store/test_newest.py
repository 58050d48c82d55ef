"""The newest events and dead letters, and events by their ids and type."""

from redis.asyncio import Redis

from bot.model import DeadLetter, Destination, Transport
from bot.store import Store, keys
from tests.factories import NOW, SLACK, make_event, seconds
from tests.stored_events import accept, dead_letter

STRANGER = Destination(Transport.SLACK, "U0STRANGER")


async def test_the_newest_events_and_dead_letters(store: Store, redis: Redis) -> None:
    for n in range(4):
        await accept(store, make_event(f"evt_{n}"), NOW + seconds(n))
        await dead_letter(store, f"evt_{n}", now=NOW + seconds(n))
    await redis.zadd(keys.DEAD, {"nonsense": 1e15})
    found = await store.newest(NOW, events=3, dead=3)
    assert found.event_ids == ["evt_3", "evt_2", "evt_1"]
    assert found.dead == [DeadLetter("evt_3"), DeadLetter("evt_2")]
    time, _ = await redis.time()
    assert abs(found.now_ms / 1000 - time) < 60


async def test_nothing_is_stored(store: Store) -> None:
    found = await store.newest(NOW, events=3, dead=3)
    assert (list(found.event_ids), list(found.dead)) == ([], [])
    assert await store.events.read([]) == []
    assert await store.events.of_type("x", []) == []
    assert await store.waiting.counts([]) == []


async def test_the_backlog_at_a_known_time(store: Store) -> None:
    await accept(store)
    found = await store.newest(NOW, events=1, dead=1)
    assert (await store.backlog(NOW, found.now_ms + 60_000)).oldest_seconds >= 59
    assert (await store.backlog(NOW)).due == 1


async def test_events_by_id_in_order_without_those_that_are_gone(
    store: Store, redis: Redis
) -> None:
    for event_id in ("evt_1", "evt_2", "evt_3"):
        await accept(store, make_event(event_id))
    await redis.hset(keys.event("evt_3"), "event", "{")  # type: ignore[misc]  # redis-py types it as sync, too
    found = await store.events.read(["evt_2", "evt_3", "evt_9", "evt_1"])
    assert [stored.id for stored in found] == ["evt_2", "evt_1"]


async def test_events_of_a_type(store: Store, redis: Redis) -> None:
    await accept(store, make_event("evt_1", "export.ready"))
    await accept(store, make_event("evt_2"))
    await accept(store, make_event("evt_3", "export.ready"))
    await redis.hset(keys.event("evt_3"), "event", "{")  # type: ignore[misc]  # redis-py types it as sync, too
    await redis.set(keys.event("evt_4"), "of another program")
    ids = ["evt_1", "evt_2", "evt_3", "evt_4", "evt_9"]
    assert await store.events.of_type("export.ready", ids) == ["evt_1"]


async def test_what_waits_is_counted_by_destination(store: Store, redis: Redis) -> None:
    await redis.zadd(keys.waiting(str(SLACK)), {"a": 1, "b": 2})
    await redis.set(keys.waiting("slack:C0OTHER"), "of another program")
    other = Destination(Transport.SLACK, "C0OTHER")
    assert await store.waiting.counts([SLACK, other, STRANGER]) == [2, 0, 0]
