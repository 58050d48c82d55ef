"""Reconciliation: a job that the queue has lost is found and enqueued again."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.delivery.requeue import requeue
from bot.model import DeliveryState
from bot.store import Store, keys
from bot.store.leases import Leases
from bot.store.queue import JOB_KEY, QUEUE
from tests.factories import MAIL, NOW, body_of, make_delivery, make_event
from tests.queue_times import is_due_in

JOB = "handle_event:evt_1"
HOUR = timedelta(hours=1)


@pytest.fixture
async def store(store: Store) -> Store:
    """A store whose index of unfinished jobs is complete."""
    assert await store.reconciliation.run(NOW) == []
    return store


async def accept(store: Store, event_id: str = "evt_1") -> None:
    event = make_event(event_id)
    await store.events.accept(event, body_of(event), NOW)


async def lose(redis: Redis, job_id: str) -> None:
    """Remove a job as another application does that does not know its task."""
    await redis.zrem(QUEUE, job_id)
    await redis.delete(JOB_KEY + job_id)


async def queued(redis: Redis) -> set[str]:
    return {raw.decode() for raw in await redis.zrange(QUEUE, 0, -1)}


async def retrying(store: Store) -> str:
    """Open a delivery that is retried in an hour, and return the id of its job."""
    delivery = make_delivery()
    await store.ledger.open("evt_1", [delivery], NOW)
    await store.ledger.claim(delivery, JOB, "t1", NOW)
    await store.ledger.retry_later(
        delivery, "t1", "timeout", due=NOW + HOUR, uses_attempt=True, maybe_delivered=False, now=NOW
    )
    return f"retry_delivery:{delivery.id}"


async def test_a_complete_queue_stays_unchanged(store: Store, redis: Redis) -> None:
    for number in range(3):
        await accept(store, f"evt_{number}")
    before = await redis.zrange(QUEUE, 0, -1, withscores=True)
    assert await store.reconciliation.run(NOW) == []
    assert await redis.zrange(QUEUE, 0, -1, withscores=True) == before


async def test_a_complete_queue_costs_one_command(store: Store, redis: Redis) -> None:
    await accept(store)
    await store.reconciliation.run(NOW)
    await redis.config_resetstat()
    await store.reconciliation.run(NOW)
    stats = await redis.info("commandstats")
    sent = {
        name: found["calls"] for name, found in stats.items() if name != "cmdstat_config|resetstat"
    }
    assert sent.pop("cmdstat_evalsha") == 1
    inside = {"cmdstat_zcard", "cmdstat_zscore", "cmdstat_zrange"}
    assert {name for name in sent if name not in inside} <= {"cmdstat_info"}


async def test_an_accepted_event_without_a_job_gets_one(store: Store, redis: Redis) -> None:
    await accept(store)
    await lose(redis, JOB)
    assert await store.reconciliation.run(NOW) == [JOB]
    assert await queued(redis) == {JOB}
    assert await redis.exists(JOB_KEY + JOB) == 1
    assert await store.reconciliation.run(NOW) == []


async def test_a_lost_retry_is_restored_with_its_due_time(store: Store, redis: Redis) -> None:
    await accept(store)
    retry = await retrying(store)
    await lose(redis, retry)
    assert await store.reconciliation.run(NOW) == [retry]
    assert await is_due_in(redis, retry, HOUR)


async def test_a_deleted_queue_is_restored(store: Store, redis: Redis) -> None:
    for number in range(1_500):
        await accept(store, f"evt_{number}")
    await redis.delete(QUEUE)
    restored = await store.reconciliation.run(NOW)
    restored += await store.reconciliation.run(NOW)
    assert len(restored) == len(await queued(redis)) == 1_500


async def test_a_finished_job_is_not_lost(store: Store, redis: Redis) -> None:
    await accept(store)
    leases = Leases(redis, 15_000)
    [(job_id, due_ms)] = (await leases.due(1)).jobs
    await leases.take(job_id, "a", due_ms)
    await leases.finish(job_id, "a", due_ms)
    await store.reconciliation.run(NOW)
    assert await queued(redis) == set()


async def test_a_job_that_is_done_between_being_missed_and_being_restored_stays_done(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    await lose(redis, JOB)
    await redis.zrem(keys.UNFINISHED, JOB)
    assert await store.reconciliation.restore_job(JOB, NOW) is False
    assert await queued(redis) == set()


async def test_a_job_that_ends_during_a_reconciliation_is_not_restored(
    store: Store, redis: Redis
) -> None:
    """It ends between reading the states and restoring the job."""
    await accept(store)
    await store.events.leave_unhandled("evt_1", NOW)
    await lose(redis, JOB)
    await redis.zrem(keys.UNFINISHED, JOB)
    assert await store.reconciliation.restore_job(JOB, NOW, keys.event("evt_1")) is False
    assert await queued(redis) == set()


async def test_a_running_job_that_the_queue_lost_is_not_started_twice(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    leases = Leases(redis, 15_000)
    [(job_id, due_ms)] = (await leases.due(1)).jobs
    await leases.take(job_id, "a", due_ms)
    await lose(redis, JOB)
    assert await store.reconciliation.run(NOW) == [JOB]
    assert (await leases.due(1)).jobs == []


async def test_an_index_that_redis_evicted_is_built_from_the_events(
    store: Store, redis: Redis
) -> None:
    """After an upgrade from 0.3.0 there is no index either."""
    await accept(store)
    retry = await retrying(store)
    await accept(store, "evt_2")
    await accept(store, "evt_done")
    sent = make_delivery("evt_done", MAIL, state=DeliveryState.SENT)
    await store.ledger.open("evt_done", [sent], NOW)
    await redis.delete(QUEUE, keys.UNFINISHED)
    expected = {retry, "handle_event:evt_2"}
    assert set(await store.reconciliation.run(NOW)) == expected
    assert await queued(redis) == expected
    await lose(redis, retry)
    assert await store.reconciliation.run(NOW) == [retry]


async def test_a_job_missing_from_queue_and_index_is_found_when_a_worker_starts(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    await redis.zrem(QUEUE, JOB)
    await redis.zrem(keys.UNFINISHED, JOB)
    assert await store.reconciliation.run(NOW) == []
    started = Store(redis, retention=timedelta(days=30))
    assert await started.reconciliation.run(NOW) == [JOB]


async def test_the_job_of_a_pending_delivery_is_restored(store: Store, redis: Redis) -> None:
    await accept(store)
    await store.ledger.open("evt_1", [make_delivery()], NOW)
    await redis.delete(QUEUE, keys.UNFINISHED)
    assert await store.reconciliation.run(NOW) == [JOB]


async def test_a_task_of_a_newer_release_is_ignored(store: Store, redis: Redis) -> None:
    await redis.zadd(keys.UNFINISHED, {"new_task:x": 1})
    assert await store.reconciliation.run(NOW) == []
    assert await queued(redis) == set()


async def test_a_job_that_is_only_in_the_queue_is_added_to_the_index(
    store: Store, redis: Redis
) -> None:
    await redis.zadd(QUEUE, {"new_task:x": 1})
    await store.reconciliation.run(NOW)
    await lose(redis, "new_task:x")
    assert b"new_task:x" in await redis.zrange(keys.UNFINISHED, 0, -1)


async def test_a_reconciliation_needs_only_access_to_our_keys(store: Store, redis: Redis) -> None:
    """A shared Redis may forbid the keys of other applications, including arq's default queue."""
    await redis.execute_command(
        "ACL", "SETUSER", "bot", "on", "nopass", "~juicebox:*", "~arq:job:*", "+@all"
    )
    try:
        await accept(store)
        await lose(redis, JOB)
        async with redis.client() as limited:
            await limited.execute_command("AUTH", "bot", "any")
            restricted = Store(limited, retention=timedelta(days=30))
            assert await restricted.reconciliation.run(NOW) == [JOB]
    finally:
        await redis.execute_command("ACL", "DELUSER", "bot")


async def test_only_one_worker_reconciles_in_each_interval(redis: Redis) -> None:
    workers = [Leases(redis, 15_000) for _ in range(10)]
    results = await asyncio.gather(*[worker.due(1) for worker in workers for _ in range(5)])
    assert [due.reconcile for due in results].count(True) == 1
    assert 25_000 < await redis.pttl(keys.RECONCILED) <= 30_000
    await redis.delete(keys.RECONCILED)
    assert (await workers[0].due(1)).reconcile is True


async def test_retry_by_hand_restores_a_lost_job(store: Store, redis: Redis) -> None:
    await accept(store)
    await lose(redis, JOB)
    [line] = await requeue(store, "evt_1", NOW)
    assert line == f"{JOB}: this job was missing from the queue, and is enqueued again"
    assert await queued(redis) == {JOB}
    assert "nothing to do" in (await requeue(store, "evt_1", NOW))[0]


async def test_retry_by_hand_restores_the_lost_job_of_a_delivery(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    retry = await retrying(store)
    await lose(redis, retry)
    delivery_id = retry.removeprefix("retry_delivery:")
    assert "missing from the queue" in (await requeue(store, delivery_id, NOW))[0]
    assert retry in await queued(redis)
    assert "nothing to do" in (await requeue(store, delivery_id, NOW))[0]
