"""The worker's leases: a job is locked for seconds, and only by the worker that runs it."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.errors import LeaseLost
from bot.fakes.redis_server import redis_server
from bot.store.commit import DONE, End, Run
from bot.store.queue import LEASES, RUNNING, JobId
from bot.worker.running import RunningJob
from bot.worker.timings import WorkerTimings
from tests.polling import until
from tests.queue_times import now_ms
from tests.run_jobs import event_job, no_job_is_left, take_job
from tests.scripted_jobs import (
    JOB,
    NEVER_POLLS,
    QUICK,
    ScriptedTasks,
    accept,
    hang,
    scripted_on,
    working,
)

QUICK_RENEWALS = WorkerTimings(renewal_interval=QUICK, redis_retry_interval=QUICK)


async def lease_left(redis: Redis, job: str = JOB) -> float:
    """Return the milliseconds until the lease expires."""
    end = await redis.zscore(RUNNING, job)
    assert end is not None
    return float(end - await now_ms(redis))


async def test_a_running_job_is_locked_for_seconds_and_not_minutes(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """With arq's own lock, a killed worker's job would wait for 310 seconds."""
    may_finish = asyncio.Event()

    async def wait(_: RunningJob) -> End:
        await may_finish.wait()
        return DONE

    jobs.script = [wait]
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
        assert await lease_left(redis) <= 15_000
        may_finish.set()


async def test_a_job_that_another_worker_holds_is_left_alone(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    await accept(jobs.store)
    held = await take_job(jobs.store, event_job())
    await accept(jobs.store, "evt_2")
    async with working(jobs):
        await jobs.ran.wait()
    assert jobs.runs == ["evt_2"]
    assert await redis.hget(LEASES, JOB) == held.run.token.encode()


async def test_a_killed_workers_job_runs_as_soon_as_its_lease_has_expired(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """An idle worker waits until then, and no longer."""
    await accept(jobs.store)
    lease = timedelta(milliseconds=300)
    [held] = (await jobs.store.queue.take(1, lease, lease)).jobs
    async with working(jobs, NEVER_POLLS):
        await jobs.ran.wait()
        await until(lambda: no_job_is_left(redis))
    with pytest.raises(LeaseLost):
        await jobs.store.commits.end(held.run, DONE)


async def test_a_job_that_loses_its_lease_is_stopped(jobs: ScriptedTasks, redis: Redis) -> None:
    stopped = asyncio.Event()

    async def wait(job: RunningJob) -> End:
        try:
            return await hang(job)
        finally:
            assert job.is_expired
            stopped.set()

    jobs.script = [wait]
    async with working(jobs, QUICK_RENEWALS):
        await accept(jobs.store)
        await jobs.ran.wait()
        await redis.hset(LEASES, JOB, "another token")
        await stopped.wait()
    assert await redis.hget(LEASES, JOB) == b"another token"
    assert await redis.zscore(RUNNING, JOB) is not None


async def test_a_run_that_lost_its_lease_leaves_the_next_run_alone(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """After a pause of the process, the same worker may take its own job again."""
    stopped, ended = asyncio.Event(), []

    async def lose_the_lease(job: RunningJob) -> End:
        await redis.hdel(LEASES, JOB)
        await redis.zadd(RUNNING, {JOB: 1})
        try:
            return await hang(job)
        finally:
            stopped.set()

    async def finish_after_the_first(job: RunningJob) -> End:
        await stopped.wait()
        job.check_lease()
        ended.append("second")
        return DONE

    jobs.script = [lose_the_lease, finish_after_the_first]
    async with working(jobs, WorkerTimings(heartbeat_interval=QUICK)):
        await accept(jobs.store)
        await until(lambda: no_job_is_left(redis))
    assert jobs.runs == ["evt_1", "evt_1"]
    assert ended == ["second"]


async def test_one_call_renews_the_leases_of_all_running_jobs(
    jobs: ScriptedTasks, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = ["evt_1", "evt_2", "evt_3"]
    renew, renewed = jobs.store.queue.renew, []

    async def record(runs: Iterable[Run], lease: timedelta) -> frozenset[JobId]:
        renewed.append({run.job.event_id for run in runs})
        return await renew(runs, lease)

    monkeypatch.setattr(jobs.store.queue, "renew", record)
    jobs.script = [hang, hang, hang]
    async with working(jobs, replace(QUICK_RENEWALS, shutdown_timeout=QUICK)):
        for event_id in events:
            await accept(jobs.store, event_id)

        async def all_run() -> bool:
            return len(jobs.runs) == 3

        await until(all_run)
        almost_over = {str(event_job(e)): await now_ms(redis) + 10_000 for e in events}
        await redis.zadd(RUNNING, almost_over)
        renewed.clear()

        async def all_renewed() -> bool:
            return min([await lease_left(redis, job) for job in almost_over]) > 11_000

        await until(all_renewed)
    assert set(map(frozenset, renewed)) == {frozenset(events)}


async def test_a_lease_survives_a_short_outage_of_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lasts for an hour here, so that no machine is too slow for a short outage."""
    failed, may_finish = asyncio.Event(), asyncio.Event()

    async def wait(job: RunningJob) -> End:
        await may_finish.wait()
        job.check_lease()
        return DONE

    with redis_server("--appendonly", "yes", "--appendfsync", "always") as server:
        jobs = scripted_on(server)
        renew = jobs.store.queue.renew

        async def watched(runs: Iterable[Run], lease: timedelta) -> frozenset[JobId]:
            try:
                return await renew(runs, lease)
            except RedisError:
                failed.set()
                raise

        monkeypatch.setattr(jobs.store.queue, "renew", watched)
        jobs.script = [wait]
        async with working(jobs, replace(QUICK_RENEWALS, lease_duration=timedelta(hours=1))):
            await accept(jobs.store)
            await jobs.ran.wait()
            server.stop()
            await failed.wait()
            server.start()
            redis = jobs.store.redis
            await redis.zadd(RUNNING, {JOB: await now_ms(redis) + 60_000})

            async def renewed() -> bool:
                return await lease_left(redis) > 60_000

            await until(renewed)
            may_finish.set()
            await until(lambda: no_job_is_left(redis))
        await jobs.close()
    assert jobs.runs == ["evt_1"]


async def test_a_lease_is_lost_in_a_long_outage_of_redis() -> None:
    stopped = asyncio.Event()

    async def wait(job: RunningJob) -> End:
        try:
            return await hang(job)
        finally:
            stopped.set()

    with redis_server() as server:
        jobs = scripted_on(server)
        jobs.script = [wait]
        async with working(jobs, replace(QUICK_RENEWALS, lease_duration=timedelta(seconds=1.5))):
            await accept(jobs.store)
            await jobs.ran.wait()
            server.stop()
            await stopped.wait()
        await jobs.close()
