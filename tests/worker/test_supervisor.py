"""The supervisor: Redis may go and come back, and stopping leaves nothing half-done."""

import asyncio
import os
import signal
from datetime import timedelta
from typing import cast

import pytest
from redis.asyncio import Redis

from bot.fakes.redis_server import RedisServer, redis_server
from bot.store import Store
from bot.store.queue import HEARTBEAT, LEASE_KEY, QUEUE
from bot.worker import loop as worker_module
from bot.worker.jobs import WorkerTasks
from bot.worker.lease import Lease
from bot.worker.loop import LeasedWorker
from bot.worker.process import supervise
from tests.polling import HANG_TIMEOUT, until
from tests.scripted_jobs import (
    JOB,
    ScriptedTasks,
    accept,
    alive,
    for_a_moment,
    for_ever,
    scripted_on,
    working,
)


@pytest.fixture
def jobs(store: Store) -> ScriptedTasks:
    return ScriptedTasks(store)


async def test_stopping_waits_for_what_runs(jobs: ScriptedTasks, redis: Redis) -> None:
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


async def test_what_does_not_end_in_time_is_put_back_for_another_worker(
    jobs: ScriptedTasks, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "JOB_COMPLETION_WAIT", timedelta(milliseconds=20))
    jobs.script = [for_ever]
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
    assert await redis.zcard(QUEUE) == 1
    assert await redis.exists(LEASE_KEY + JOB) == 0


async def test_the_heartbeat_is_fresh_while_it_works(jobs: ScriptedTasks, redis: Redis) -> None:
    async with working(jobs):
        await until(lambda: alive(redis))
        assert 0 < await redis.pttl(HEARTBEAT) <= 6_000


async def test_a_lost_redis_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_AFTER_A_FAULT", timedelta(milliseconds=50))
    with redis_server("--appendonly", "yes", "--appendfsync", "always") as server:
        jobs = scripted_on(server)
        async with working(jobs):
            await until(lambda: alive(jobs.store.redis))
            server.stop()
            await asyncio.sleep(0.3)  # time in which a worker could die of it
            server.start()
            await accept(jobs.store)
            await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1"]


async def test_a_redis_that_was_demoted_is_noticed_and_outlived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "_AFTER_A_FAULT", timedelta(milliseconds=50))
    monkeypatch.setattr(worker_module, "_HEARTBEAT_SECONDS", 0.05)
    with redis_server() as server, redis_server() as primary:
        jobs = scripted_on(server)
        await jobs.store.redis.config_set("replica-serve-stale-data", "yes")
        async with working(jobs):
            await until(lambda: alive(jobs.store.redis))
            await jobs.store.redis.replicaof("127.0.0.1", str(primary.port))
            await asyncio.sleep(0.3)  # time in which a worker could die of it
            await jobs.store.redis.replicaof("NO", "ONE")
            await accept(jobs.store)
            await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1"]


async def test_a_job_interrupted_by_a_redis_restart_is_back_before_its_lease_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It does not wait for its lease to run out, which lasts for an hour here: its holder ends it."""
    monkeypatch.setattr("bot.worker.lease.LEASE", timedelta(hours=1))
    monkeypatch.setattr(worker_module, "LEASE", timedelta(hours=1))
    monkeypatch.setattr(worker_module, "_AFTER_A_FAULT", timedelta(milliseconds=50))
    with redis_server("--appendonly", "yes", "--appendfsync", "always") as server:
        jobs = scripted_on(server)

        async def restart(_: str, __: Lease) -> None:
            server.stop()
            raise ConnectionError("redis went away")

        jobs.script = [restart]
        async with working(jobs):
            await accept(jobs.store)
            await jobs.ran.wait()
            jobs.ran.clear()
            await asyncio.sleep(0)
            server.start()
            async with asyncio.timeout(HANG_TIMEOUT):
                await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1", "evt_1"]


async def test_sigterm_ends_it(redis_process: RedisServer, redis: Redis) -> None:
    jobs = scripted_on(redis_process)
    jobs.script = [for_a_moment]
    task = asyncio.create_task(supervise(cast("WorkerTasks", jobs)))
    await accept(jobs.store)
    await jobs.ran.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(HANG_TIMEOUT):
        await task
    assert await redis.zcard(QUEUE) == 0


async def test_stopping_ends_it_at_whatever_moment(redis_process: RedisServer) -> None:
    """redis-py can swallow a cancellation; a worker that is ended by one would poll for ever."""
    for step in range(25):
        jobs = scripted_on(redis_process)
        async with asyncio.timeout(HANG_TIMEOUT), working(jobs):
            await asyncio.sleep(step / 1_000)  # another moment each time
        await jobs.close()


async def test_a_bug_in_the_worker_itself_is_not_its_end(
    jobs: ScriptedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_AFTER_A_FAULT", timedelta(milliseconds=10))
    faults = [RuntimeError("a bug")]
    iterate = LeasedWorker._poll_iteration

    async def fail_once(worker: LeasedWorker) -> None:
        if faults:
            raise faults.pop()
        await iterate(worker)

    monkeypatch.setattr(LeasedWorker, "_poll_iteration", fail_once)
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
    assert jobs.runs == ["evt_1"]
