"""Accepting an event: once, all or nothing, in one round trip, as a job that any arq worker runs."""

import asyncio
from datetime import timedelta

import pytest
from arq.jobs import deserialize_job_raw
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.demo.redis_server import RedisServer
from bot.errors import CorruptRecord
from bot.model import EventState
from bot.queue import QUEUE, deserialize
from bot.store import Store
from bot.store.connection import connect
from tests.making import NOW, body_of, make_event, seconds

EVENT = make_event()
BODY = body_of(EVENT)


async def test_an_unseen_event_is_stored_as_received(store: Store) -> None:
    assert await store.events.accept(EVENT, BODY, NOW) is True
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert stored.event == EVENT
    assert stored.body == BODY
    assert stored.state is EventState.ACCEPTED
    assert stored.received_at == NOW


async def test_an_event_that_never_came_is_none(store: Store) -> None:
    assert await store.events.get("evt_none") is None


async def test_a_duplicate_changes_nothing(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    before = await _snapshot(redis)
    other = make_event(data={"searchId": "other"})
    assert await store.events.accept(other, body_of(other), NOW + seconds(60)) is False
    assert await _snapshot(redis) == before


async def test_500_at_once_are_one_event_and_one_job(store: Store, redis: Redis) -> None:
    accepted = await asyncio.gather(*(store.events.accept(EVENT, BODY, NOW) for _ in range(500)))
    assert accepted.count(True) == 1
    assert await redis.zcard(QUEUE) == 1
    assert await redis.zcard("juicebox:events") == 1


async def test_accepting_is_one_round_trip(
    store: Store, redis: Redis, redis_process: RedisServer
) -> None:
    """Watched from Redis' side, once the script is known to it."""
    await store.events.accept(make_event("evt_0"), BODY, NOW)
    observer = connect(redis_process.url, timeout=seconds(5))
    async with observer.monitor() as monitor:
        await store.events.accept(EVENT, BODY, NOW)
        await redis.echo("the end")
        sent = []
        while not sent or "the end" not in sent[-1]:
            seen = await monitor.next_command()
            sent += [seen["command"]] if seen["client_type"] != "lua" else []
    await observer.aclose()
    assert [command.split()[0] for command in sent] == ["EVALSHA", "ECHO"]


async def test_a_redis_that_forgot_the_script_is_sent_it_again(store: Store, redis: Redis) -> None:
    await store.events.accept(make_event("evt_0"), BODY, NOW)
    await redis.script_flush()
    assert await store.events.accept(EVENT, BODY, NOW) is True


async def test_the_job_is_what_arq_itself_would_have_written(store: Store, redis: Redis) -> None:
    """The layout of arq 0.28: `PSETEX arq:job:<id>`, `ZADD arq:queue`, the blob of `serialize_job`."""
    await store.events.accept(EVENT, BODY, NOW)
    assert await redis.zrange(QUEUE, 0, -1, withscores=True) == [
        (b"handle_event:evt_1", NOW.timestamp() * 1000)
    ]
    blob = await redis.get("arq:job:handle_event:evt_1")
    assert isinstance(blob, bytes)
    assert deserialize_job_raw(blob, deserializer=deserialize) == (
        "handle_event",
        ["evt_1"],
        {},
        None,
        1768487400000,
    )


async def test_the_job_carries_the_id_and_nothing_of_the_payload(
    store: Store, redis: Redis
) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    blob = await redis.get("arq:job:handle_event:evt_1")
    assert blob == b'{"t":null,"f":"handle_event","a":["evt_1"],"k":{},"et":1768487400000}'


async def test_a_job_outlives_its_event(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    kept = await redis.pttl("juicebox:event:evt_1")
    assert await redis.pttl("arq:job:handle_event:evt_1") >= kept > 30 * 86_400_000


async def test_an_event_from_the_future_is_remembered_longer(store: Store, redis: Redis) -> None:
    """Else it could be sent again once forgotten, and still be young enough to be let in."""
    event = make_event(timestamp=NOW + timedelta(days=10))
    await store.events.accept(event, body_of(event), NOW)
    assert await redis.pttl("juicebox:event:evt_1") > 40 * 86_400_000


async def test_a_full_redis_keeps_nothing_of_an_event(store: Store, redis: Redis) -> None:
    await redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(ResponseError, match="maxmemory"):
            await store.events.accept(EVENT, BODY, NOW)
    finally:
        await redis.config_set("maxmemory", "0")
    assert await redis.dbsize() == 0
    assert await store.events.accept(EVENT, BODY, NOW) is True


async def test_every_key_ends_by_itself(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await store.events.bury("evt_1", "broken", NOW)
    lasting = [key for key in await redis.keys("juicebox:*") if await redis.ttl(key) < 0]
    assert lasting == [b"juicebox:dead"]


async def test_the_log_shows_the_latest_first_and_is_trimmed(store: Store, redis: Redis) -> None:
    for day in (0, 1, 40):
        at = NOW + timedelta(days=day)
        event = make_event(f"evt_{day}", timestamp=at)
        await store.events.accept(event, body_of(event), at)
    assert [s.event.id for s in await store.events.latest(10)] == ["evt_40"]
    assert await redis.zcard("juicebox:events:search.completed") == 1


async def test_latest_takes_no_more_than_asked_for(store: Store) -> None:
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
    assert await store.events.bury("evt_1", "data.searchId is missing", NOW) is True
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert (stored.state, stored.reason) == (EventState.DEAD, "data.searchId is missing")
    assert stored.concluded_at == NOW
    assert await store.dead_letters() == ["event:evt_1"]
    assert await redis.zscore(QUEUE, "report_dead_letter:event:evt_1") is not None


async def test_burying_twice_is_harmless_and_an_end_is_final(store: Store) -> None:
    """The first repetition is what a lost reply brings about; it must not look like a refusal."""
    await store.events.accept(EVENT, BODY, NOW)
    assert await store.events.bury("evt_1", "broken", NOW) is True
    assert await store.events.bury("evt_1", "broken", NOW) is True
    assert await store.events.leave_unhandled("evt_1", NOW) is False
    assert len(await store.events.trail("evt_1")) == 2


async def test_a_revived_event_runs_again_from_the_beginning(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await store.events.count_failure("evt_1")
    await store.events.bury("evt_1", "broken", NOW)
    await redis.zrem(QUEUE, "handle_event:evt_1")
    assert await store.events.revive("evt_1", NOW + seconds(5)) is True
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert (stored.state, stored.reason) == (EventState.ACCEPTED, "")
    assert await store.dead_letters() == []
    assert await redis.zscore(QUEUE, "handle_event:evt_1") is not None
    assert await store.events.count_failure("evt_1") == 1


async def test_what_is_not_dead_is_not_revived(store: Store) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    assert await store.events.revive("evt_1", NOW) is False
    assert await store.events.revive("evt_none", NOW) is False


async def test_failures_of_an_event_that_is_gone_leave_nothing(store: Store, redis: Redis) -> None:
    assert await store.events.count_failure("evt_none") == 0
    assert await redis.dbsize() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [("state", "cancelled"), ("timestamp", "soon"), ("body", "{"), ("received_at", "1e400")],
)
async def test_what_redis_gives_back_is_not_trusted(
    store: Store, redis: Redis, field: str, value: str
) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await redis.hset("juicebox:event:evt_1", field, value)
    with pytest.raises(CorruptRecord, match="evt_1 is not readable"):
        await store.events.get("evt_1")
    assert await store.events.latest(10) == []


async def test_a_trail_that_is_not_ours_is_refused(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await redis.rpush("juicebox:trail:evt_1", "garbage")
    with pytest.raises(CorruptRecord):
        await store.events.trail("evt_1")


async def _snapshot(redis: Redis) -> dict[bytes, bytes]:
    return {key: await redis.dump(key) for key in await redis.keys("*")}
