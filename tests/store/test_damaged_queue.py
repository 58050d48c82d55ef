"""A queue and an index that hold what the bot has not written: it is passed over or removed."""

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.model import EventState
from bot.queue import QUEUE
from bot.store import Store, keys
from tests.making import NOW, body_of, make_event

JOB = "handle_event:evt_1"
EVENT = make_event()


async def accept(store: Store, event_id: str = "evt_1") -> None:
    event = make_event(event_id)
    await store.events.accept(event, body_of(event), NOW)


@pytest.mark.parametrize("key", [QUEUE, keys.UNFINISHED])
async def test_an_event_that_cannot_be_enqueued_is_not_taken_for_seen(
    store: Store, redis: Redis, key: str
) -> None:
    await redis.set(key, "a string")
    with pytest.raises(ResponseError):
        await store.events.accept(EVENT, body_of(EVENT), NOW)
    assert await store.events.get("evt_1") is None
    await redis.delete(key)
    assert await store.events.accept(EVENT, body_of(EVENT), NOW) is True
    assert await redis.zrange(QUEUE, 0, -1) == [JOB.encode()]


@pytest.mark.parametrize("key", [QUEUE, keys.UNFINISHED])
async def test_a_state_whose_next_job_cannot_be_enqueued_is_not_entered(
    store: Store, redis: Redis, key: str
) -> None:
    await accept(store)
    await redis.delete(key)
    await redis.set(key, "a string")
    with pytest.raises(ResponseError):
        await store.events.bury("evt_1", "bad data", NOW)
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert stored.state is EventState.ACCEPTED
    await redis.delete(key)
    assert await store.events.bury("evt_1", "bad data", NOW) is True
    assert await redis.zscore(QUEUE, "report_dead_letter:event:evt_1") is not None
