"""The event log: the latest events, counts per type, and dead letters."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.model import DeadLetter
from bot.store import Store, keys
from bot.store.queue import JOBS, QUEUE, WAKE
from tests.factories import NOW, make_delivery, make_event, seconds
from tests.stored_events import accept, dead_letter, fail, handle

DEAD = DeadLetter("evt_1")


async def test_every_key_of_an_event_expires(store: Store, redis: Redis) -> None:
    await accept(store)
    await dead_letter(store)
    lasting = {key.decode() for key in await redis.keys("*") if await redis.ttl(key) < 0}
    assert lasting == {JOBS, QUEUE, WAKE, keys.RETENTIONS}


async def test_a_dead_letter_is_listed_as_long_as_events_are_kept(store: Store) -> None:
    await accept(store)
    await dead_letter(store)
    for days, listed in ((30, [DEAD]), (31, [])):
        later = NOW + timedelta(days=days)
        assert await store.dead_letters(later) == listed
        assert (await store.backlog(later)).dead == len(listed)


async def test_dead_letters_that_are_no_longer_listed_are_removed(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    await dead_letter(store)
    await accept(store, "evt_2")
    await dead_letter(store, "evt_2", now=NOW + timedelta(days=31))
    assert await redis.zrange(keys.DEAD, 0, -1) == [b"event:evt_2"]


async def test_the_log_shows_the_latest_first_and_is_trimmed(store: Store, redis: Redis) -> None:
    for day in (0, 1, 40):
        at = NOW + timedelta(days=day)
        await accept(store, make_event(f"evt_{day}", timestamp=at), at)
    assert [stored.id for stored in await store.events.latest(10)] == ["evt_40"]
    assert await redis.zcard(keys.LOG) == 1


async def test_latest_returns_no_more_than_asked_for(store: Store) -> None:
    for second in range(3):
        await accept(store, f"evt_{second}", NOW + seconds(second))
    assert [stored.id for stored in await store.events.latest(2)] == ["evt_2", "evt_1"]


async def test_counts_are_by_type_and_since_a_moment(store: Store) -> None:
    for number, event_type in enumerate(("export.ready", "search.completed", "search.completed")):
        at = NOW - timedelta(hours=12 * number)
        await accept(store, make_event(f"evt_{number}", event_type), at)
    await accept(store, make_event("evt_old", "key.rotated"), NOW - timedelta(hours=25))
    counts = await store.events.counts_since(NOW - timedelta(hours=24), NOW)
    assert list(counts.items()) == [("search.completed", 2), ("export.ready", 1)]


async def test_an_unreadable_dead_letter_is_left_out(store: Store, redis: Redis) -> None:
    await accept(store)
    await dead_letter(store)
    for member in (b"evt_2", b"letter:evt_3", b"delivery:dlv_1", b"event:\xff"):
        await redis.zadd(keys.DEAD, {member: NOW.timestamp() * 1000})
    assert await store.dead_letters(NOW) == [DEAD]


async def test_the_event_of_a_delivery_is_found_by_the_deliverys_id(store: Store) -> None:
    """It is a dead letter, or one of the latest events has it."""
    delivery = make_delivery()
    await accept(store)
    assert await store.event_of(delivery.id, NOW) is None
    await handle(store, delivery)
    assert await store.event_of(delivery.id, NOW) == "evt_1"
    await fail(store, delivery)
    await store.redis.delete(keys.LOG)
    assert await store.event_of(delivery.id, NOW) == "evt_1"
