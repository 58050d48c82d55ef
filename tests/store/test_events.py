"""Accepting an event: once, all or nothing, in one round trip, as a job that any arq worker runs."""

import asyncio
import json
from datetime import timedelta

import pytest
from arq.jobs import deserialize_job_raw
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.errors import CorruptRecord
from bot.fakes.redis_server import RedisServer
from bot.model import EventState, canonical_event
from bot.store import Store
from bot.store.connection import connect
from bot.store.queue import QUEUE
from tests.factories import NOW, body_of, make_event, seconds
from tests.queue_times import is_due_in
from tests.store.taken import snapshot
from tests.stored_events import read, rewrite

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


FOREIGN_BODY = b'{"id": "evt_1", "type": "analysis.completed", "data": {"analysis_id": "a"}}'
FOREIGN = canonical_event("evt_1", "analysis.completed", NOW, {"analysis_id": "a"})


async def test_an_event_of_another_dialect_is_kept_as_received_and_read_in_canonical_names(
    store: Store, redis: Redis
) -> None:
    assert await store.events.accept(FOREIGN, FOREIGN_BODY, NOW) is True
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert stored.body == FOREIGN_BODY
    assert stored.event == FOREIGN
    assert (FOREIGN.type, FOREIGN.data) == ("search.completed", {"searchId": "a"})
    kept = json.loads(await redis.hget("juicebox:event:evt_1", "event"))
    assert (kept["type"], kept["received_type"]) == ("search.completed", "analysis.completed")
    assert await store.events.counts_since(NOW, NOW) == {"search.completed": 1}


async def test_an_event_that_never_came_is_none(store: Store) -> None:
    assert await store.events.get("evt_none") is None


async def test_a_duplicate_changes_nothing(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    before = await snapshot(redis)
    other = make_event(data={"searchId": "other"})
    assert await store.events.accept(other, body_of(other), NOW + seconds(60)) is False
    assert await snapshot(redis) == before


async def test_500_at_once_are_one_event_and_one_job(store: Store, redis: Redis) -> None:
    accepted = await asyncio.gather(*(store.events.accept(EVENT, BODY, NOW) for _ in range(500)))
    assert accepted.count(True) == 1
    assert await redis.zcard(QUEUE) == 1
    assert await redis.zcard("juicebox:events") == 1


async def test_accepting_is_one_round_trip(
    store: Store, redis: Redis, redis_process: RedisServer
) -> None:
    """As MONITOR shows it, once Redis has the script."""
    await store.events.accept(make_event("evt_0"), BODY, NOW)
    observer = connect(redis_process.url, timeout=seconds(60))
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


async def test_the_job_is_what_arq_itself_writes(store: Store, redis: Redis) -> None:
    """The layout of arq 0.28: `PSETEX arq:job:<id>`, `ZADD <queue>`, the blob of `serialize_job`."""
    await store.events.accept(EVENT, BODY, NOW)
    assert await redis.zrange(QUEUE, 0, -1) == [b"handle_event::evt_1"]
    assert await is_due_in(redis, "handle_event::evt_1", timedelta())
    blob = await redis.get("arq:job:handle_event::evt_1")
    assert isinstance(blob, bytes)
    assert deserialize_job_raw(blob, deserializer=json.loads) == (
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
    blob = await redis.get("arq:job:handle_event::evt_1")
    assert blob == b'{"t":null,"f":"handle_event","a":["evt_1"],"k":{},"et":1768487400000}'


async def test_a_job_outlives_its_event(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    kept = await redis.pttl("juicebox:event:evt_1")
    assert await redis.pttl("arq:job:handle_event::evt_1") >= kept > 30 * 86_400_000


async def test_an_event_from_the_future_is_kept_longer(store: Store, redis: Redis) -> None:
    """Otherwise a replay could be accepted after the event has expired."""
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


@pytest.mark.parametrize(
    "values",
    [
        {"state": "cancelled"},
        {"at": "soon"},
        {"received": None},
        {"received": 1e300},
        {"failures": "x"},
    ],
)
async def test_an_unreadable_event_is_an_error_or_left_out(
    store: Store, redis: Redis, values: dict[str, object]
) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await rewrite(redis, "event", **values)
    with pytest.raises(CorruptRecord, match="evt_1 is not readable"):
        await store.events.get("evt_1")
    assert await store.events.latest(10) == []


@pytest.mark.parametrize("field", ["event", "body"])
@pytest.mark.parametrize("value", [b"{", b"[]", b"null", b"\xff", None])
async def test_an_event_whose_fields_are_damaged_is_unreadable(
    store: Store, redis: Redis, field: str, value: bytes | None
) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await redis.hdel("juicebox:event:evt_1", field)
    if value is not None:
        await redis.hset("juicebox:event:evt_1", field, value)
    with pytest.raises(CorruptRecord, match="evt_1 is not readable"):
        await store.events.get("evt_1")


async def test_an_unreadable_trail_is_an_error(store: Store, redis: Redis) -> None:
    await store.events.accept(EVENT, BODY, NOW)
    await redis.hset("juicebox:event:evt_1", "trail", "garbage")
    stored = await read(store)
    with pytest.raises(CorruptRecord):
        _ = stored.trail
