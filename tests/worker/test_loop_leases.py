"""The worker's leases: a job is locked for seconds, and only by the worker that runs it."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.fakes.redis_server import redis_server
from bot.store import Store
from bot.store.leases import Leases
from bot.store.queue import LEASE_KEY, QUEUE
from bot.worker.lease import Lease
from bot.worker.loop import LeasedWorker
from bot.worker.timings import WorkerTimings
from tests.polling import until
from tests.scripted_jobs import (
    JOB,
    QUICK,
    ScriptedTasks,
    accept,
    queue_is_empty,
    scripted_on,
    working,
)


@pytest.fixture
def jobs(store: Store) -> ScriptedTasks:
    return ScriptedTasks(store)


async def test_a_running_job_is_locked_for_seconds_and_not_minutes(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """With arq's own lock, a killed worker's job would wait for 310 seconds."""
    may_finish = asyncio.Event()

    async def wait(_: str, __: Lease) -> None:
        await may_finish.wait()

    jobs.script = [wait]
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
        assert 0 < await redis.pttl(LEASE_KEY + JOB) <= 15_000
        may_finish.set()


async def test_a_job_that_another_worker_holds_is_left_alone(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """The other worker took the lease after this one had seen the job."""
    await accept(jobs.store)
    worker = LeasedWorker(jobs.as_tasks, asyncio.Event())
    [(job_id, due_ms)] = (await Leases(redis, 15_000).due(1)).jobs
    await redis.set(LEASE_KEY + JOB, "another owner")
    await worker.run_job(job_id, due_ms)
    assert jobs.runs == []
    assert await redis.zcard(QUEUE) == 1


async def test_a_job_that_loses_its_lease_is_stopped(jobs: ScriptedTasks, redis: Redis) -> None:
    stopped = asyncio.Event()

    async def wait(_: str, __: Lease) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    jobs.script = [wait]
    async with working(jobs, WorkerTimings(renewal_interval=QUICK)):
        await accept(jobs.store)
        await jobs.ran.wait()
        await redis.set(LEASE_KEY + JOB, "another owner")
        await stopped.wait()
    assert await redis.get(LEASE_KEY + JOB) == b"another owner"
    assert await redis.zcard(QUEUE) == 1


async def test_a_run_that_lost_its_lease_leaves_the_next_run_alone(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """After a pause of the process, the same worker may take its own job again."""
    ended = []

    async def lose_the_lease(_: str, __: Lease) -> None:
        await redis.delete(LEASE_KEY + JOB)
        await asyncio.Event().wait()

    async def take_a_while(_: str, lease: Lease) -> None:
        await asyncio.sleep(0.5)  # longer than the first run needs to notice the loss
        lease.check_lease()
        ended.append("second")

    jobs.script = [lose_the_lease, take_a_while]
    async with working(jobs, WorkerTimings(renewal_interval=timedelta(milliseconds=200))):
        await accept(jobs.store)
        await until(lambda: queue_is_empty(redis))
    assert jobs.runs == ["evt_1", "evt_1"]
    assert ended == ["second"]


async def test_a_job_whose_lease_cannot_be_taken_is_not_run_and_raises_nothing() -> None:
    """Releasing what may have been taken is retried until that lease would have expired."""
    with redis_server() as server:
        jobs = scripted_on(server)
        timings = WorkerTimings(lease_duration=timedelta(seconds=1))
        worker = LeasedWorker(jobs.as_tasks, asyncio.Event(), timings=timings)
        server.stop()
        await worker.run_job(JOB, 0)
        await jobs.close()
    assert jobs.runs == []
