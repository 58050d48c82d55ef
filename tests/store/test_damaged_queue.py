"""Foreign entries in the queue or the index: they are ignored or removed."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.delivery.requeue import requeue
from bot.model import DeadLetter, EventState
from bot.store import Store, keys
from bot.store.queue import JOBS, LEASES, QUEUE, RUNNING, WAKE, JobId, Task
from tests.factories import NOW, body_of, make_delivery, make_event
from tests.polling import until
from tests.store.taken import JOB, lose_all, queued, take
from tests.stored_events import accept, apply, dead_letter, read

INVALID_IDS = [b"\xff\xfe\x00", b"handle_event::\xff", b"handle_event:evt_1", b"x::", b""]
OLD_QUEUE = "arq:queue"
EVENT = make_event()


@pytest.mark.parametrize("invalid_id", INVALID_IDS)
async def test_an_id_of_no_job_is_removed(store: Store, redis: Redis, invalid_id: bytes) -> None:
    await accept(store)
    for key in (QUEUE, JOBS):
        await redis.zadd(key, {invalid_id: 1})
    taken = await take(store)
    assert [job.run.job for job in taken.jobs] == [JOB]
    assert taken.unreadable == 1
    for key in (JOBS, QUEUE, RUNNING):
        assert invalid_id not in await redis.zrange(key, 0, -1)
    assert await redis.hkeys(LEASES) == [str(JOB).encode()]  # type: ignore[misc]  # redis-py types it as sync, too


@pytest.mark.parametrize("invalid_id", INVALID_IDS)
@pytest.mark.parametrize("key", [JOBS, OLD_QUEUE])
async def test_an_id_of_no_job_does_not_stop_a_reconciliation(
    store: Store, redis: Redis, key: str, invalid_id: bytes
) -> None:
    await store.reconciliation.run(NOW)
    await accept(store)
    await redis.zrem(QUEUE, str(JOB))
    await redis.zadd(key, {invalid_id: 1})
    assert await store.reconciliation.run(NOW) == [str(JOB)]


async def test_ids_of_no_job_do_not_hide_lost_jobs(store: Store, redis: Redis) -> None:
    await store.reconciliation.run(NOW)
    await accept(store)
    await redis.zrem(QUEUE, str(JOB))
    await redis.zadd(JOBS, {f"not a job {number}": 1 for number in range(1_500)})
    assert await store.reconciliation.run(NOW) == [str(JOB)]


async def test_the_index_is_built_despite_an_unreadable_event(store: Store, redis: Redis) -> None:
    for event_id in ("evt_1", "evt_2", "evt_3"):
        await accept(store, event_id)
    await lose_all(redis)
    await redis.set(keys.event("evt_2"), "a string")
    await redis.hset(keys.event("evt_3"), "event", "{")  # type: ignore[misc]  # redis-py types it as sync, too
    await redis.zadd(keys.LOG, {b"\xff": 1})
    assert await store.reconciliation.run(NOW) == [str(JOB)]
    assert await store.reconciliation.run(NOW) == []


async def test_one_reconciliation_enqueues_more_jobs_than_one_comparison_returns(
    store: Store, redis: Redis
) -> None:
    await store.reconciliation.run(NOW)
    await asyncio.gather(*(accept(store, f"evt_{number}") for number in range(1_200)))
    await redis.delete(QUEUE)
    assert len(await store.reconciliation.run(NOW)) == 1_200
    assert await redis.zcard(QUEUE) == 1_200


@pytest.mark.parametrize("key", [QUEUE, JOBS, WAKE])
async def test_an_event_that_cannot_be_enqueued_is_not_stored(
    store: Store, redis: Redis, key: str
) -> None:
    await redis.hset(key, "a", "hash")  # type: ignore[misc]  # redis-py types it as sync, too
    with pytest.raises(ResponseError):
        await store.events.accept(EVENT, body_of(EVENT), NOW)
    assert await store.events.get("evt_1") is None
    await redis.delete(key)
    assert await store.events.accept(EVENT, body_of(EVENT), NOW) is True
    assert await queued(redis) == {str(JOB)}


@pytest.mark.parametrize("key", [QUEUE, JOBS, WAKE])
async def test_a_commit_whose_job_cannot_be_enqueued_changes_nothing(
    store: Store, redis: Redis, key: str
) -> None:
    await accept(store)
    await redis.delete(key)
    await redis.hset(key, "a", "hash")  # type: ignore[misc]  # redis-py types it as sync, too
    with pytest.raises(ResponseError):
        await dead_letter(store)
    stored = await read(store)
    assert (stored.state, len(stored.trail)) == (EventState.ACCEPTED, 1)
    assert await store.dead_letters(NOW) == []
    await redis.delete(key)
    await dead_letter(store)
    assert str(JobId(Task.DEAD_LETTER, "evt_1")) in await queued(redis)
    assert await store.dead_letters(NOW) == [DeadLetter("evt_1")]


async def test_a_reconciliation_key_without_an_expiry_is_replaced(
    store: Store, redis: Redis
) -> None:
    """A copy of a Redis may be made without expiry times."""
    await redis.set(keys.RECONCILED, "1")
    assert (await take(store)).reconcile is True
    assert (await take(store)).reconcile is False
    assert await redis.pttl(keys.RECONCILED) > 0


async def test_an_index_that_is_removed_while_it_is_built_is_built_again(
    store: Store, redis: Redis
) -> None:
    await asyncio.gather(*(accept(store, f"evt_{number}") for number in range(700)))
    await lose_all(redis)
    building = asyncio.create_task(store.reconciliation.run(NOW))

    async def has_begun() -> bool:
        return bool(await redis.zcard(QUEUE))

    await until(has_begun)
    await lose_all(redis)
    await building
    await store.reconciliation.run(NOW)
    assert await redis.zcard(QUEUE) == 700
    assert await store.reconciliation.run(NOW) == []


async def test_retry_of_a_dead_event_restores_its_other_jobs(store: Store, redis: Redis) -> None:
    await accept(store)
    await dead_letter(store)
    notice = make_delivery(template="dead_letter", about=DeadLetter("evt_1"))
    await apply(store, lambda change: change.put(notice))
    await lose_all(redis)
    lines = await requeue(store, "evt_1", NOW)
    assert "evt_1: its handler runs again" in lines
    assert await queued(redis) == {str(JOB), str(JobId(Task.DEAD_LETTER, "evt_1"))}
