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
    """A store whose index of unfinished jobs is complete, as it is after the first reconciliation."""
    assert await store.reconciliation.run(NOW) == []
    return store


async def accept(store: Store, event_id: str = "evt_1") -> None:
    event = make_event(event_id)
    await store.events.accept(event, body_of(event), NOW)


async def lose(redis: Redis, job_id: str) -> None:
    """What another application's worker does to a job that it does not know."""
    await redis.zrem(QUEUE, job_id)
    await redis.delete(JOB_KEY + job_id)


async def queued(redis: Redis) -> set[str]:
    return {raw.decode() for raw in await redis.zrange(QUEUE, 0, -1)}


async def retrying(store: Store) -> str:
    """The job of a delivery that is retried in an hour."""
    delivery = make_delivery()
    await store.ledger.open("evt_1", [delivery], NOW)
    await store.ledger.claim(delivery, JOB, "t1", NOW)
    await store.ledger.retry_later(
        delivery, "t1", "timeout", due=NOW + HOUR, uses_attempt=True, maybe_delivered=False, now=NOW
    )
    return f"retry_delivery:{delivery.id}"


async def test_nothing_is_lost_where_nothing_was_lost(store: Store, redis: Redis) -> None:
    for number in range(3):
        await accept(store, f"evt_{number}")
    before = await redis.zrange(QUEUE, 0, -1, withscores=True)
    assert await store.reconciliation.run(NOW) == []
    assert await redis.zrange(QUEUE, 0, -1, withscores=True) == before


async def test_all_is_well_takes_one_command(store: Store, redis: Redis) -> None:
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


async def test_a_retry_without_a_job_gets_one_that_is_due_when_it_was(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    retry = await retrying(store)
    await lose(redis, retry)
    assert await store.reconciliation.run(NOW) == [retry]
    assert await is_due_in(redis, retry, HOUR)


async def test_a_flushed_queue_is_built_again(store: Store, redis: Redis) -> None:
    for number in range(1_500):
        await accept(store, f"evt_{number}")
    await redis.delete(QUEUE)
    restored = await store.reconciliation.run(NOW)
    restored += await store.reconciliation.run(NOW)
    assert len(restored) == len(await queued(redis)) == 1_500


async def test_a_job_that_was_done_is_not_lost(store: Store, redis: Redis) -> None:
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


async def test_a_job_that_ends_while_its_event_is_looked_at_is_not_called_lost(
    store: Store, redis: Redis
) -> None:
    """Between reading the states and restoring: `retry` would say that it was missing."""
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
    """As it is after an upgrade from 0.3.0, which had none and lost jobs to other applications."""
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


async def test_what_both_have_lost_is_found_when_a_worker_is_started(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    await redis.zrem(QUEUE, JOB)
    await redis.zrem(keys.UNFINISHED, JOB)
    assert await store.reconciliation.run(NOW) == []
    started = Store(redis, retention=timedelta(days=30))
    assert await started.reconciliation.run(NOW) == [JOB]


async def test_a_pending_delivery_of_a_handled_event_gets_its_job_back(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    await store.ledger.open("evt_1", [make_delivery()], NOW)
    await redis.delete(QUEUE, keys.UNFINISHED)
    assert await store.reconciliation.run(NOW) == [JOB]


async def test_a_task_of_a_newer_release_is_left_to_it(store: Store, redis: Redis) -> None:
    await redis.zadd(keys.UNFINISHED, {"new_task:x": 1})
    assert await store.reconciliation.run(NOW) == []
    assert await queued(redis) == set()


async def test_a_job_that_only_the_queue_knows_is_kept(store: Store, redis: Redis) -> None:
    await redis.zadd(QUEUE, {"new_task:x": 1})
    await store.reconciliation.run(NOW)
    await lose(redis, "new_task:x")
    assert b"new_task:x" in await redis.zrange(keys.UNFINISHED, 0, -1)


async def test_a_user_that_may_touch_only_our_keys_reconciles_all_the_same(
    store: Store, redis: Redis
) -> None:
    """A shared Redis may keep us off the keys of other applications, arq's queue among them."""
    await redis.execute_command(
        "ACL", "SETUSER", "bot", "on", "nopass", "~juicebox:*", "~arq:job:*", "+@all"
    )
    try:
        await accept(store)
        await lose(redis, JOB)
        async with redis.client() as limited:
            await limited.execute_command("AUTH", "bot", "any")
            fenced = Store(limited, retention=timedelta(days=30))
            assert await fenced.reconciliation.run(NOW) == [JOB]
    finally:
        await redis.execute_command("ACL", "DELUSER", "bot")


async def test_one_worker_of_all_reconciles_in_an_interval(redis: Redis) -> None:
    workers = [Leases(redis, 15_000) for _ in range(10)]
    asked = await asyncio.gather(*[worker.due(1) for worker in workers for _ in range(5)])
    assert [due.reconcile for due in asked].count(True) == 1
    assert 25_000 < await redis.pttl(keys.RECONCILED) <= 30_000
    await redis.delete(keys.RECONCILED)
    assert (await workers[0].due(1)).reconcile is True


async def test_retry_by_hand_works_on_what_has_no_job(store: Store, redis: Redis) -> None:
    await accept(store)
    await lose(redis, JOB)
    [said] = await requeue(store, "evt_1", NOW)
    assert said == f"{JOB}: this job was missing from the queue, and is enqueued again"
    assert await queued(redis) == {JOB}
    assert "nothing to do" in (await requeue(store, "evt_1", NOW))[0]


async def test_retry_by_hand_works_on_a_delivery_without_a_job(store: Store, redis: Redis) -> None:
    await accept(store)
    retry = await retrying(store)
    await lose(redis, retry)
    delivery_id = retry.removeprefix("retry_delivery:")
    assert "missing from the queue" in (await requeue(store, delivery_id, NOW))[0]
    assert retry in await queued(redis)
    assert "nothing to do" in (await requeue(store, delivery_id, NOW))[0]
