"""The worker's leases: a job is locked for seconds, and only by who runs it."""

import asyncio
from datetime import timedelta
from typing import cast

import pytest
from arq.connections import ArqRedis
from redis.asyncio import Redis

from bot.fakes.redis_server import redis_server
from bot.store import Store
from bot.store.leases import Leases
from bot.store.queue import LEASE_KEY, QUEUE
from bot.worker.jobs import WorkerTasks
from bot.worker.lease import Lease
from bot.worker.loop import LeasedWorker
from tests.polling import until
from tests.scripted_jobs import JOB, ScriptedTasks, accept, gone, scripted_on, working


@pytest.fixture
def jobs(store: Store) -> ScriptedTasks:
    return ScriptedTasks(store)


async def test_a_running_job_is_locked_for_seconds_and_not_minutes(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """With arq's own lock, a killed worker's job would wait for 310 seconds."""
    go_on = asyncio.Event()

    async def wait(_: str, __: Lease) -> None:
        await go_on.wait()

    jobs.script = [wait]
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
        assert 0 < await redis.pttl(LEASE_KEY + JOB) <= 15_000
        go_on.set()


async def test_a_job_that_another_worker_holds_is_left_alone(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """It was taken between our seeing the job and our taking the lease."""
    await accept(jobs.store)
    worker = LeasedWorker(
        cast("WorkerTasks", jobs), ArqRedis(redis.connection_pool), asyncio.Event()
    )
    [(job_id, due_ms)] = (await Leases(redis, 15_000).due(1)).jobs
    await redis.set(LEASE_KEY + JOB, "another owner")
    await worker.run_job(job_id, due_ms)
    assert jobs.runs == []
    assert await redis.zcard(QUEUE) == 1


async def test_a_job_that_loses_its_lease_is_stopped(
    jobs: ScriptedTasks, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.worker.lease._RENEW_EVERY", timedelta(milliseconds=10))
    stopped = asyncio.Event()

    async def steal(_: str, __: Lease) -> None:
        await redis.set(LEASE_KEY + JOB, "another owner")
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    jobs.script = [steal]
    async with working(jobs):
        await accept(jobs.store)
        await stopped.wait()
    assert await redis.get(LEASE_KEY + JOB) == b"another owner"
    assert await redis.zcard(QUEUE) == 1


async def test_a_run_that_lost_its_lease_leaves_the_next_run_alone(
    jobs: ScriptedTasks, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a pause of the process, the same worker may pick its own job up again."""
    monkeypatch.setattr("bot.worker.lease._RENEW_EVERY", timedelta(milliseconds=200))
    ended = []

    async def lose_the_lease(_: str, __: Lease) -> None:
        await redis.delete(LEASE_KEY + JOB)
        await asyncio.Event().wait()

    async def take_a_while(_: str, lease: Lease) -> None:
        await asyncio.sleep(0.5)  # longer than the first run needs to find out
        lease.check_lease()
        ended.append("second")

    jobs.script = [lose_the_lease, take_a_while]
    async with working(jobs):
        await accept(jobs.store)
        await until(lambda: gone(redis))
    assert jobs.runs == ["evt_1", "evt_1"]
    assert ended == ["second"]


async def test_a_job_that_could_not_be_started_for_want_of_redis_is_no_end(
    jobs: ScriptedTasks, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives up when the lease is over that it may have got."""
    monkeypatch.setattr("bot.worker.lease.LEASE", timedelta(seconds=1))
    with redis_server() as server:
        elsewhere = scripted_on(server)
        worker = LeasedWorker(
            cast("WorkerTasks", jobs),
            ArqRedis(elsewhere.store.redis.connection_pool),
            asyncio.Event(),
        )
        server.stop()
        await worker.run_job(JOB, 0)
        await elsewhere.close()
    assert jobs.runs == []
