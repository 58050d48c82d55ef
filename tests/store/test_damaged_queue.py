"""Foreign entries in the queue or the index: they are ignored or removed."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.delivery.requeue import requeue
from bot.model import EventState
from bot.store import Store, keys
from bot.store.leases import Leases
from bot.store.queue import OLD_QUEUE, QUEUE
from tests.factories import NOW, body_of, make_delivery, make_event
from tests.polling import until

JOB = "handle_event:evt_1"
NOT_TEXT = [b"\xff\xfe\x00", b"handle_event:\xff"]
EVENT = make_event()


async def accept(store: Store, event_id: str = "evt_1") -> None:
    event = make_event(event_id)
    await store.events.accept(event, body_of(event), NOW)


@pytest.mark.parametrize("invalid_id", NOT_TEXT)
async def test_an_id_that_is_not_text_is_removed_from_the_queue(
    store: Store, redis: Redis, invalid_id: bytes
) -> None:
    await accept(store)
    await redis.zadd(QUEUE, {invalid_id: 1})
    await redis.zadd(keys.UNFINISHED, {invalid_id: 1})
    due = await Leases(redis, 15_000).due(10)
    assert [job_id for job_id, _ in due.jobs] == [JOB]
    assert due.unreadable == 1
    assert await redis.zrange(QUEUE, 0, -1) == [JOB.encode()]
    assert invalid_id not in await redis.zrange(keys.UNFINISHED, 0, -1)


@pytest.mark.parametrize("score", ["-inf", 0, 12.5, 1e-300])
async def test_a_job_with_any_score_is_taken_and_finished(
    store: Store, redis: Redis, score: float
) -> None:
    await accept(store)
    await redis.zadd(QUEUE, {JOB: score})
    leases = Leases(redis, 15_000)
    [(job_id, due_ms)] = (await leases.due(1)).jobs
    assert await leases.take(job_id, "a", due_ms) is True
    assert await leases.finish(job_id, "a", due_ms) is True
    assert await redis.zcard(QUEUE) == 0


@pytest.mark.parametrize("invalid_id", NOT_TEXT)
@pytest.mark.parametrize("key", [keys.UNFINISHED, OLD_QUEUE])
async def test_an_id_that_is_not_text_does_not_stop_a_reconciliation(
    store: Store, redis: Redis, key: str, invalid_id: bytes
) -> None:
    await store.reconciliation.run(NOW)
    await accept(store)
    await redis.zrem(QUEUE, JOB)
    await redis.zadd(key, {invalid_id: 1})
    assert await store.reconciliation.run(NOW) == [JOB]


async def test_jobs_of_unknown_tasks_do_not_hide_lost_jobs(store: Store, redis: Redis) -> None:
    await store.reconciliation.run(NOW)
    await accept(store)
    await redis.zrem(QUEUE, JOB)
    await redis.zadd(keys.UNFINISHED, {f"newer_task:{number}": 1 for number in range(1_500)})
    assert await store.reconciliation.run(NOW) == [JOB]


async def test_the_index_is_built_despite_an_unreadable_event(store: Store, redis: Redis) -> None:
    await accept(store)
    await accept(store, "evt_2")
    await redis.delete(QUEUE, keys.UNFINISHED, keys.event("evt_2"))
    await redis.set(keys.event("evt_2"), "a string")
    await redis.set(keys.deliveries("evt_2"), "a string")
    await redis.zadd(keys.LOG, {b"\xff": 1})
    assert await store.reconciliation.run(NOW) == [JOB]
    assert await store.reconciliation.run(NOW) == []


async def test_one_reconciliation_enqueues_more_jobs_than_one_comparison_returns(
    store: Store, redis: Redis
) -> None:
    await store.reconciliation.run(NOW)
    for number in range(2_500):
        await accept(store, f"evt_{number}")
    await redis.delete(QUEUE)
    assert len(await store.reconciliation.run(NOW)) == 2_500


@pytest.mark.parametrize("key", [QUEUE, keys.UNFINISHED])
async def test_an_event_that_cannot_be_enqueued_is_not_stored(
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
async def test_a_transition_whose_job_cannot_be_enqueued_changes_nothing(
    store: Store, redis: Redis, key: str
) -> None:
    await accept(store)
    await redis.delete(key)
    await redis.set(key, "a string")
    with pytest.raises(ResponseError):
        await store.events.dead_letter("evt_1", "bad data", NOW)
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert stored.state is EventState.ACCEPTED
    await redis.delete(key)
    assert await store.events.dead_letter("evt_1", "bad data", NOW) is True
    assert await redis.zscore(QUEUE, "report_dead_letter:event:evt_1") is not None


async def test_a_reconciliation_key_without_an_expiry_is_replaced(
    redis: Redis,
) -> None:
    """A copy of a Redis may be made without expiry times."""
    await redis.set(keys.RECONCILED, "1")
    leases = Leases(redis, 15_000)
    assert (await leases.due(1)).reconcile is True
    assert (await leases.due(1)).reconcile is False
    assert await redis.pttl(keys.RECONCILED) > 0


async def test_an_index_that_is_removed_while_it_is_built_is_built_again(
    store: Store, redis: Redis
) -> None:
    for number in range(1_500):
        await accept(store, f"evt_{number}")
    await redis.delete(QUEUE, keys.UNFINISHED)
    building = asyncio.create_task(store.reconciliation.run(NOW))

    async def has_begun() -> bool:
        return bool(await redis.zcard(QUEUE))

    await until(has_begun)
    await redis.delete(QUEUE, keys.UNFINISHED)
    await building
    await store.reconciliation.run(NOW)
    assert await redis.zcard(QUEUE) == 1_500
    assert await store.reconciliation.run(NOW) == []


async def test_retry_of_a_dead_event_restores_its_other_jobs(store: Store, redis: Redis) -> None:
    await accept(store)
    await store.events.dead_letter("evt_1", "bad data", NOW)
    report = "report_dead_letter:event:evt_1"
    await store.ledger.add("evt_1", [make_delivery()], report, NOW)
    await redis.delete(QUEUE, keys.UNFINISHED)
    lines = await requeue(store, "evt_1", NOW)
    assert "evt_1: its handler runs again" in lines
    assert set(await redis.zrange(QUEUE, 0, -1)) == {JOB.encode(), report.encode()}
