"""The event log: the latest events, counts per type, and dead letters."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.model import DeadLetter, EventState
from bot.store import Store, keys
from bot.store.queue import QUEUE
from bot.store.scripts import LuaScript
from tests.factories import NOW, body_of, make_event, seconds

EVENT = make_event()
BODY = body_of(EVENT)


async def _snapshot(redis: Redis) -> dict[bytes, bytes]:
    return {key: await redis.dump(key) for key in await redis.keys("*")}


async def test_every_key_of_an_event_expires(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await store.events.dead_letter("evt_1", "broken", NOW)
    lasting = {key.decode() for key in await redis.keys("*") if await redis.ttl(key) < 0}
    assert lasting == {QUEUE, keys.UNFINISHED, keys.RETENTIONS}


async def test_a_dead_letter_is_listed_as_long_as_events_are_kept(store: Store) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await store.events.dead_letter("evt_1", "broken", NOW)
    for days, listed in ((30, [DeadLetter.event("evt_1")]), (31, [])):
        later = NOW + timedelta(days=days)
        assert await store.dead_letters(later) == listed
        assert (await store.backlog(later)).dead == len(listed)


async def test_a_failed_run_counts_once_even_if_its_reply_was_lost(
    store: Store, redis: Redis
) -> None:
    """redis-py repeats a script with the same arguments if the connection breaks before the reply."""
    await store.events.accept(EVENT, BODY, NOW)
    counted = LuaScript(redis, "count_failure")
    for run in ("run 1", "run 1", "run 2"):
        last = await counted(["juicebox:event:evt_1"], [run])
    assert last == 2


async def test_the_log_shows_the_latest_first_and_is_trimmed(store: Store, redis: Redis) -> None:
    for day in (0, 1, 40):
        at = NOW + timedelta(days=day)
        event = make_event(f"evt_{day}", timestamp=at)
        await store.events.accept(event, body_of(event), at)
    assert [s.event.id for s in await store.events.latest(10)] == ["evt_40"]
    assert await redis.zcard("juicebox:events:search.completed") == 1


async def test_latest_returns_no_more_than_asked_for(store: Store) -> None:
    for second in range(3):
        event = make_event(f"evt_{second}")
        await store.events.accept(event, body_of(event), NOW + seconds(second))
    assert [s.event.id for s in await store.events.latest(2)] == ["evt_2", "evt_1"]


async def test_counts_are_by_type_and_since_a_moment(store: Store) -> None:
    for number, event_type in enumerate(("export.ready", "search.completed", "search.completed")):
        event = make_event(f"evt_{number}", event_type)
        await store.events.accept(event, body_of(event), NOW + seconds(number))
    old = make_event("evt_old", "key.rotated")
    await store.events.accept(old, body_of(old), NOW - timedelta(hours=25))
    counts = await store.events.counts_since(NOW - timedelta(hours=24))
    assert list(counts.items()) == [("search.completed", 2), ("export.ready", 1)]


async def test_a_type_without_handler_is_kept(store: Store) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    assert await store.events.leave_unhandled("evt_1", NOW + seconds(1)) is True
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert stored.state is EventState.UNHANDLED
    assert [(s.what, s.at) for s in await store.events.trail("evt_1")] == [
        ("received", NOW),
        ("no handler", NOW + seconds(1)),
    ]


async def test_a_dead_letter_is_listed_and_reported_by_a_job(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    assert await store.events.dead_letter("evt_1", "data.searchId is missing", NOW) is True
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert (stored.state, stored.reason) == (EventState.DEAD, "data.searchId is missing")
    assert stored.concluded_at == NOW
    assert await store.dead_letters(NOW) == [DeadLetter.event("evt_1")]
    assert await redis.zscore(QUEUE, "report_dead_letter:event:evt_1") is not None


async def test_a_second_dead_letter_is_harmless_and_a_conclusion_is_final(store: Store) -> None:
    """A call is repeated after a lost reply, and must then succeed."""
    await store.events.accept(EVENT, BODY, NOW)
    assert await store.events.dead_letter("evt_1", "broken", NOW) is True
    assert await store.events.dead_letter("evt_1", "broken", NOW) is True
    assert await store.events.leave_unhandled("evt_1", NOW) is False
    assert len(await store.events.trail("evt_1")) == 2


async def test_a_requeued_event_starts_from_the_beginning(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await store.events.count_failure("evt_1")
    await store.events.dead_letter("evt_1", "broken", NOW)
    await redis.zrem(QUEUE, "handle_event:evt_1")
    assert await store.events.requeue("evt_1", NOW + seconds(5)) is True
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert (stored.state, stored.reason) == (EventState.ACCEPTED, "")
    assert await store.dead_letters(NOW) == []
    assert await redis.zscore(QUEUE, "handle_event:evt_1") is not None
    assert await store.events.count_failure("evt_1") == 1


async def test_an_event_that_is_not_dead_is_not_requeued(store: Store) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    assert await store.events.requeue("evt_1", NOW) is False
    assert await store.events.requeue("evt_none", NOW) is False


async def test_a_failure_of_an_event_that_is_not_kept_is_not_counted(
    store: Store, redis: Redis
) -> None:
    assert await store.events.count_failure("evt_none") == 0
    assert await redis.dbsize() == 0


async def test_an_unreadable_dead_letter_is_left_out(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await store.events.dead_letter("evt_1", "broken", NOW)
    for member in (b"evt_2", b"letter:evt_3", b"event:\xff"):
        await redis.zadd(keys.DEAD, {member: NOW.timestamp() * 1000})
    assert await store.dead_letters(NOW) == [DeadLetter.event("evt_1")]
