"""The queue of jobs: each is taken by one worker, with its event, under a lease that expires."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.store import Store, keys
from bot.store.commit import DONE
from bot.store.queue import HEARTBEAT, JOBS, LEASES, QUEUE, RUNNING, JobId, Task
from bot.store.scripts import ScriptRunner
from bot.store.stored_event import decode_event
from tests.queue_times import due_in, now_ms
from tests.store.taken import JOB, LEASE, accept_many, expire_leases, queued, started, take
from tests.stored_events import accept, read


async def taken_ids(store: Store, count: int = 10) -> list[str]:
    return [taken.run.job.event_id for taken in (await take(store, count)).jobs]


async def test_a_job_is_due_by_the_clock_of_redis(store: Store, redis: Redis) -> None:
    """NOW, when the event was accepted, is long past."""
    await accept(store)
    assert timedelta(seconds=-30) < await due_in(redis, str(JOB)) <= timedelta()
    run = await started(store)
    assert await now_ms(redis) - 30_000 < run.due_ms <= await now_ms(redis)


async def test_a_job_comes_with_its_event(store: Store) -> None:
    await accept(store)
    [taken] = (await take(store)).jobs
    assert taken.run.job == JOB
    assert decode_event("evt_1", taken.fields) == await read(store)


async def test_the_event_of_a_job_may_have_any_id_and_may_be_missing(store: Store) -> None:
    odd = "evt:1:é:%s"
    await accept(store, odd)
    [taken] = (await take(store)).jobs
    assert taken.run.job == JobId(Task.EVENT, odd)
    assert decode_event(odd, taken.fields).id == odd
    await store.commits.end(taken.run, DONE)
    await accept(store)
    await store.redis.delete(keys.event("evt_1"))
    [taken] = (await take(store)).jobs
    assert taken.fields == {}


async def test_a_key_of_another_type_in_place_of_an_event_stops_no_other_job(
    store: Store, redis: Redis
) -> None:
    await accept_many(store, redis, 1, 2)
    await redis.set(keys.event("evt_2"), "a string")
    damaged, readable = (await take(store)).jobs
    assert damaged.fields == {}, "as if the event were not kept"
    assert decode_event("evt_1", readable.fields).id == "evt_1"


async def test_due_jobs_are_taken_in_order_up_to_the_limit(store: Store, redis: Redis) -> None:
    await accept_many(store, redis, 1, 4, 3, 2)
    await redis.zadd(QUEUE, {"handle_event::evt_3": await now_ms(redis) + 60_000})
    assert await taken_ids(store, 2) == ["evt_4", "evt_2"]
    assert await taken_ids(store) == ["evt_1"]
    assert await queued(redis) == {"handle_event::evt_3"}


async def test_many_workers_take_each_job_once(store: Store, redis: Redis) -> None:
    await accept_many(store, redis, *range(50))
    workers = [Store(redis, retention=store.retention) for _ in range(10)]
    batches = await asyncio.gather(*(taken_ids(worker, 7) for worker in workers))
    taken = [event_id for batch in batches for event_id in batch]
    assert len(taken) == len(set(taken)) == 50


class LosingRunner(ScriptRunner):
    """Loses the replies, if told to."""

    loses = False

    async def run(self, *arguments: Any) -> Any:
        reply = await super().run(*arguments)
        if self.loses:
            raise RedisConnectionError("connection reset")
        return reply


async def test_jobs_that_were_taken_before_the_reply_was_lost_are_taken_again(
    store: Store, redis: Redis
) -> None:
    runner = LosingRunner(redis)
    store = Store(redis, retention=store.retention, runner=runner)
    await accept_many(store, redis, 1, 2)
    runner.loses = True
    with pytest.raises(RedisConnectionError):
        await take(store, 1)
    runner.loses = False
    assert await taken_ids(store) == ["evt_2", "evt_1"]
    assert await taken_ids(store) == []


async def test_a_taken_job_is_held_for_a_lease(store: Store, redis: Redis) -> None:
    await accept(store)
    run = await started(store)
    ends = await redis.zscore(RUNNING, str(JOB))
    assert 0 < ends - await now_ms(redis) <= LEASE / timedelta(milliseconds=1)
    assert await redis.hget(LEASES, str(JOB)) == run.token.encode()
    assert await taken_ids(store) == []


async def test_a_job_whose_lease_has_expired_comes_before_those_in_the_queue(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    old = await started(store)
    await accept_many(store, redis, 5)
    await expire_leases(redis)
    [again] = (await take(store, 1)).jobs
    assert again.run.job == JOB
    assert again.run.due_ms == old.due_ms
    assert again.run.token != old.token


async def test_renewing_extends_every_lease_that_is_held(store: Store, redis: Redis) -> None:
    await accept_many(store, redis, 1, 2)
    runs = [taken.run for taken in (await take(store)).jobs]
    before = dict(await redis.zrange(RUNNING, 0, -1, withscores=True))
    assert await store.queue.renew(runs, timedelta(hours=1)) == frozenset()
    after = dict(await redis.zrange(RUNNING, 0, -1, withscores=True))
    assert all(after[job] - ends > 3_000_000 for job, ends in before.items())


async def test_a_lease_that_another_run_holds_is_not_renewed(store: Store, redis: Redis) -> None:
    await accept_many(store, redis, 1, 2)
    first, second = (taken.run for taken in (await take(store)).jobs)
    await store.commits.end(second, DONE)
    await expire_leases(redis)
    taken_over = await started(store, first.job)
    ends = await redis.zscore(RUNNING, str(first.job))
    lost = await store.queue.renew([first, second], timedelta(hours=1))
    assert lost == {first.job, second.job}
    assert await redis.zscore(RUNNING, str(first.job)) == ends
    assert await redis.zcard(RUNNING) == 1
    assert await store.queue.renew([taken_over], LEASE) == frozenset()


async def test_a_lease_that_expired_and_was_not_taken_can_be_renewed(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    run = await started(store)
    await expire_leases(redis)
    assert await store.queue.renew([run], LEASE) == frozenset()
    assert await taken_ids(store) == []


async def test_the_time_of_the_next_job_is_told(store: Store, redis: Redis) -> None:
    assert (await take(store)).next_due is None
    await accept(store)
    await redis.zadd(QUEUE, {str(JOB): await now_ms(redis) + 3_600_000})
    next_due = (await take(store)).next_due
    assert next_due
    assert timedelta(minutes=59) < next_due <= timedelta(hours=1)
    await accept_many(store, redis, 2, 3)
    assert (await take(store, 1)).next_due == timedelta()
    await take(store)
    assert timedelta() < (await take(store)).next_due <= LEASE, "when a lease expires"


async def test_a_worker_leaves_a_heartbeat(store: Store, redis: Redis) -> None:
    await take(store)
    assert 0 < await redis.pttl(HEARTBEAT) <= 6_000


async def test_only_one_worker_reconciles_in_each_interval(store: Store, redis: Redis) -> None:
    workers = [Store(redis, retention=store.retention) for _ in range(20)]
    results = await asyncio.gather(*(take(worker) for worker in workers))
    assert [taken.reconcile for taken in results].count(True) == 1
    assert 25_000 < await redis.pttl(keys.RECONCILED) <= 30_000
    await redis.delete(keys.RECONCILED)
    assert (await take(store)).reconcile is True


@pytest.mark.parametrize("score", ["-inf", 0, 12.5, 1e-300])
async def test_a_job_with_any_score_is_taken_and_finished(
    store: Store, redis: Redis, score: float
) -> None:
    await accept(store)
    for key in (QUEUE, JOBS):
        await redis.zadd(key, {str(JOB): score})
    await store.commits.end(await started(store), DONE)
    assert await redis.exists(QUEUE, JOBS, RUNNING) == 0
