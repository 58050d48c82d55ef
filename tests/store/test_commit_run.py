"""Commits of a run: its lease is checked, and the last one ends it."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.errors import LeaseLost
from bot.model import EventState
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import DONE, ChangedMeanwhile, End, Run
from bot.store.queue import JOBS, LEASES, QUEUE, RUNNING
from tests.factories import NOW, make_delivery
from tests.queue_times import is_due_in, now_ms
from tests.store.taken import JOB, expire_leases, queued, snapshot, started
from tests.stored_events import accept, apply, leave_unhandled, read

NOT_ITS_OWN = Run(JOB, "another token", 1.0)


async def change_of(store: Store) -> Change:
    change = Change(await read(store), NOW)
    change.conclude(EventState.HANDLED)
    change.step("handled")
    change.put(make_delivery())
    return change


async def test_the_last_commit_of_a_run_may_be_repeated_after_the_run_has_ended(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    run, change = await started(store), await change_of(store)
    await store.commits.apply(change, run, DONE)
    before = await snapshot(redis)
    await store.commits.apply(change, run, DONE)
    assert await snapshot(redis) == before


async def test_a_run_without_its_lease_changes_nothing(store: Store, redis: Redis) -> None:
    await accept(store)
    await started(store)
    change, before = await change_of(store), await snapshot(redis)
    with pytest.raises(LeaseLost):
        await store.commits.apply(change, NOT_ITS_OWN, DONE)
    with pytest.raises(LeaseLost):
        await store.commits.end(NOT_ITS_OWN, DONE)
    assert await snapshot(redis) == before


async def test_a_run_whose_job_was_taken_over_is_told_so_and_not_of_a_conflict(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    old, change = await started(store), await change_of(store)
    await expire_leases(redis)
    new = await started(store)
    await leave_unhandled(store)
    with pytest.raises(LeaseLost):
        await store.commits.apply(change, old, DONE)
    await store.commits.end(new, DONE)
    with pytest.raises(LeaseLost):
        await store.commits.end(old, DONE)


async def test_a_run_that_is_done_leaves_nothing_of_its_job(store: Store, redis: Redis) -> None:
    await accept(store)
    await store.commits.end(await started(store), DONE)
    assert await redis.exists(JOBS, QUEUE, RUNNING, LEASES) == 0
    assert await redis.keys("arq:*") == []


async def test_a_run_ends_once(store: Store) -> None:
    await accept(store)
    run = await started(store)
    await store.commits.end(run, DONE)
    with pytest.raises(LeaseLost):
        await store.commits.end(run, End(timedelta()))


async def test_a_conflict_does_not_end_the_run(store: Store, redis: Redis) -> None:
    await accept(store)
    run, change = await started(store), await change_of(store)
    await leave_unhandled(store)
    with pytest.raises(ChangedMeanwhile):
        await store.commits.apply(change, run, DONE)
    await store.commits.end(run, DONE)
    assert await redis.exists(JOBS) == 0


async def test_a_job_can_run_again_at_once_or_later(store: Store, redis: Redis) -> None:
    await accept(store)
    due = await redis.zscore(JOBS, str(JOB))
    await store.commits.end(await started(store), End(timedelta()))
    assert await redis.zscore(QUEUE, str(JOB)) == await redis.zscore(JOBS, str(JOB)) == due
    await store.commits.end(await started(store), End(timedelta(minutes=1)))
    assert await is_due_in(redis, str(JOB), timedelta(minutes=1))
    assert await redis.zscore(QUEUE, str(JOB)) == await redis.zscore(JOBS, str(JOB))
    assert await redis.exists(f"arq:job:{JOB}") == 1
    assert await redis.exists(RUNNING, LEASES) == 0


async def test_a_job_that_was_enqueued_during_its_run_runs_again(
    store: Store, redis: Redis
) -> None:
    """The retry of a delivery is scheduled under the id of the job that runs."""
    hour = timedelta(hours=1)
    for with_change in (True, False):
        await accept(store)
        run = await started(store)
        await apply(store, lambda change: change.enqueue(JOB, hour))
        assert await queued(redis) == set()
        if with_change:
            await store.commits.apply(await change_of(store), run, DONE)
        else:
            await store.commits.end(run, DONE)
        assert await is_due_in(redis, str(JOB), hour)
        assert await redis.exists(f"arq:job:{JOB}") == 1
        await redis.flushall()


async def test_a_full_redis_can_end_a_run(store: Store, redis: Redis) -> None:
    await accept(store)
    run = await started(store)
    await redis.config_set("maxmemory", "1")
    try:
        await store.commits.end(run, DONE)
    finally:
        await redis.config_set("maxmemory", "0")
    assert await redis.exists(JOBS) == 0


async def test_a_full_redis_can_renew_a_lease(store: Store, redis: Redis) -> None:
    """Otherwise another worker would repeat an email whose outcome cannot be written now."""
    await accept(store)
    run = await started(store)
    await redis.config_set("maxmemory", "1")
    try:
        assert await store.queue.renew([run], timedelta(minutes=5)) == frozenset()
    finally:
        await redis.config_set("maxmemory", "0")
    assert await redis.zscore(RUNNING, str(JOB)) > await now_ms(redis) + 60_000
