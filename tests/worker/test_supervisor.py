"""The supervisor waits for Redis to come back, and stops without leaving a job half-done."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.fakes.redis_server import RedisServer, redis_server
from bot.store import Store
from bot.store.queue import HEARTBEAT, LEASE_KEY, QUEUE
from bot.worker.lease import Lease
from bot.worker.loop import LeasedWorker
from bot.worker.process import supervise
from bot.worker.timings import WorkerTimings
from tests.polling import HANG_TIMEOUT, until
from tests.scripted_jobs import (
    JOB,
    QUICK_RETRIES,
    ScriptedTasks,
    accept,
    hang,
    has_heartbeat,
    scripted_on,
    work_briefly,
    working,
)


@pytest.fixture
def jobs(store: Store) -> ScriptedTasks:
    return ScriptedTasks(store)


async def test_stopping_waits_for_running_jobs(jobs: ScriptedTasks, redis: Redis) -> None:
    finished = []

    async def a_while(_: str, __: Lease) -> None:
        await asyncio.sleep(0.2)  # the work that stopping has to wait for
        finished.append(True)

    jobs.script = [a_while]
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
    assert finished == [True]
    assert await redis.zcard(QUEUE) == 0


async def test_a_job_that_does_not_end_in_time_is_requeued(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    jobs.script = [hang]
    async with working(jobs, WorkerTimings(shutdown_timeout=timedelta(milliseconds=20))):
        await accept(jobs.store)
        await jobs.ran.wait()
    assert await redis.zcard(QUEUE) == 1
    assert await redis.exists(LEASE_KEY + JOB) == 0


async def test_the_heartbeat_is_fresh_while_it_works(jobs: ScriptedTasks, redis: Redis) -> None:
    async with working(jobs):
        await until(lambda: has_heartbeat(redis))
        assert 0 < await redis.pttl(HEARTBEAT) <= 6_000


async def test_it_waits_for_redis_to_come_back() -> None:
    with redis_server("--appendonly", "yes", "--appendfsync", "always") as server:
        jobs = scripted_on(server)
        async with working(jobs, QUICK_RETRIES):
            await until(lambda: has_heartbeat(jobs.store.redis))
            server.stop()
            await asyncio.sleep(0.3)  # time enough for the worker to fail
            server.start()
            await accept(jobs.store)
            await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1"]


async def test_it_continues_after_redis_was_a_replica_for_a_while() -> None:
    timings = replace(QUICK_RETRIES, heartbeat_interval=timedelta(milliseconds=50))
    with redis_server() as server, redis_server() as primary:
        jobs = scripted_on(server)
        await jobs.store.redis.config_set("replica-serve-stale-data", "yes")
        async with working(jobs, timings):
            await until(lambda: has_heartbeat(jobs.store.redis))
            await jobs.store.redis.replicaof("127.0.0.1", str(primary.port))
            await asyncio.sleep(0.3)  # time enough for the worker to fail
            await jobs.store.redis.replicaof("NO", "ONE")
            await accept(jobs.store)
            await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1"]


async def test_a_job_interrupted_by_a_restart_of_redis_runs_again_before_its_lease_expires() -> (
    None
):
    """Its worker releases the lease, which would last for an hour here."""
    with redis_server("--appendonly", "yes", "--appendfsync", "always") as server:
        jobs = scripted_on(server)

        async def restart(_: str, __: Lease) -> None:
            server.stop()
            raise ConnectionError("redis went away")

        jobs.script = [restart]
        async with working(jobs, replace(QUICK_RETRIES, lease_duration=timedelta(hours=1))):
            await accept(jobs.store)
            await jobs.ran.wait()
            jobs.ran.clear()
            await asyncio.sleep(0)
            server.start()
            async with asyncio.timeout(HANG_TIMEOUT):
                await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1", "evt_1"]


async def test_sigterm_stops_it(redis_process: RedisServer, redis: Redis) -> None:
    jobs = scripted_on(redis_process)
    jobs.script = [work_briefly]
    task = asyncio.create_task(supervise(lambda: jobs.as_tasks))
    await accept(jobs.store)
    await jobs.ran.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(HANG_TIMEOUT):
        await task
    assert await redis.zcard(QUEUE) == 0


async def test_it_can_be_stopped_at_any_moment(redis_process: RedisServer) -> None:
    """redis-py can swallow a cancellation; a worker that was stopped by one could poll forever."""
    for step in range(25):
        jobs = scripted_on(redis_process)
        async with asyncio.timeout(HANG_TIMEOUT), working(jobs):
            await asyncio.sleep(step / 1_000)  # another moment each time
        await jobs.close()


async def test_a_bug_in_the_worker_does_not_end_it(jobs: ScriptedTasks) -> None:
    made: list[LeasedWorker] = []

    class FirstOneFails(LeasedWorker):
        async def poll_once(self) -> None:
            if self is made[0]:
                raise RuntimeError("a bug")
            await super().poll_once()

    def new_worker(*args: Any, **options: Any) -> LeasedWorker:
        made.append(FirstOneFails(*args, **options))
        return made[-1]

    async with working(jobs, QUICK_RETRIES, new_worker):
        await accept(jobs.store)
        await jobs.ran.wait()
    assert jobs.runs == ["evt_1"]
