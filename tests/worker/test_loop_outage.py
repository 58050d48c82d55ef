"""The worker waits for Redis to come back, and stops without leaving a job half-done."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from bot.fakes.redis_server import RedisServer, redis_server
from bot.store import Store
from bot.store.commit import DONE, End
from bot.store.queue import HEARTBEAT, LEASES, QUEUE, RUNNING
from bot.store.scripts import LuaScript, ScriptRunner
from bot.worker.process import supervise
from bot.worker.running import RunningJob
from bot.worker.timings import WorkerTimings
from tests.polling import HANG_TIMEOUT, until
from tests.run_jobs import no_job_is_left
from tests.scripted_jobs import (
    JOB,
    QUICK,
    QUICK_RETRIES,
    ScriptedTasks,
    accept,
    hang,
    has_heartbeat,
    scripted_on,
    waiting_workers,
    work_briefly,
    working,
)

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
LONG_LEASES = replace(
    QUICK_RETRIES, lease_duration=timedelta(hours=1), heartbeat_interval=timedelta(hours=1)
)


async def until_it_fails(logs: list[Any]) -> None:
    async def failed() -> bool:
        return "redis unreachable" in [line["event"] for line in logs]

    await until(failed)


async def test_stopping_waits_for_running_jobs(jobs: ScriptedTasks, redis: Redis) -> None:
    finished = []

    async def a_while(_: RunningJob) -> End:
        await asyncio.sleep(0.2)  # the work that stopping has to wait for
        finished.append(True)
        return DONE

    jobs.script = [a_while]
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
    assert finished == [True]
    assert await no_job_is_left(redis)


async def test_a_job_that_does_not_end_in_time_is_requeued(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    jobs.script = [hang]
    async with working(jobs, WorkerTimings(shutdown_timeout=timedelta(milliseconds=20))):
        await accept(jobs.store)
        await jobs.ran.wait()
    assert await redis.zrange(QUEUE, 0, -1) == [JOB.encode()]
    assert await redis.exists(LEASES, RUNNING) == 0


async def test_stopping_waits_for_the_reconciliation(
    jobs: ScriptedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, finished = asyncio.Event(), []

    async def reconcile(_: object) -> list[str]:
        began.set()
        await asyncio.sleep(0.2)  # the work that stopping has to wait for
        finished.append(True)
        return []

    async with working(jobs):
        monkeypatch.setattr(jobs.store.reconciliation, "run", reconcile)
        await began.wait()
    assert finished == [True]


async def test_the_heartbeat_is_fresh_while_it_works(jobs: ScriptedTasks, redis: Redis) -> None:
    async with working(jobs):
        await until(lambda: has_heartbeat(redis))
        assert 0 < await redis.pttl(HEARTBEAT) <= 6_000


async def test_it_waits_for_redis_to_come_back() -> None:
    with redis_server(*DURABLE) as server, capture_logs() as logs:
        jobs = scripted_on(server)
        async with working(jobs, replace(QUICK_RETRIES, heartbeat_interval=QUICK)):
            await until(lambda: waits(jobs))
            server.stop()
            await until_it_fails(logs)
            server.start()
            await accept(jobs.store)
            await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1"]


async def test_a_worker_that_would_wait_for_an_hour_notices_that_redis_has_restarted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its connection is gone, and it cannot connect for a while."""
    failures: list[Exception] = []

    async def failed_twice() -> bool:
        return len(failures) >= 2

    with redis_server(*DURABLE) as server:
        jobs = scripted_on(server)
        wait = jobs.store.queue.wait

        async def watched(longest: timedelta) -> bool:
            try:
                return await wait(longest)
            except (RedisError, OSError) as error:
                failures.append(error)
                raise

        monkeypatch.setattr(jobs.store.queue, "wait", watched)
        async with working(jobs, LONG_LEASES):
            await until(lambda: waits(jobs))
            server.stop()
            await until(failed_twice)
            server.start()
            await accept(jobs.store)
            await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1"]


async def waits(jobs: ScriptedTasks) -> bool:
    return await waiting_workers(jobs.store.redis) == 1


async def test_it_continues_after_redis_was_a_replica_for_a_while() -> None:
    timings = replace(QUICK_RETRIES, heartbeat_interval=timedelta(milliseconds=50))
    with redis_server() as server, redis_server() as primary, capture_logs() as logs:
        jobs = scripted_on(server)
        await jobs.store.redis.config_set("replica-serve-stale-data", "yes")
        async with working(jobs, timings):
            await until(lambda: has_heartbeat(jobs.store.redis))
            await jobs.store.redis.replicaof("127.0.0.1", str(primary.port))
            await until_it_fails(logs)
            await jobs.store.redis.replicaof("NO", "ONE")
            await accept(jobs.store)
            await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1"]


async def test_a_job_interrupted_by_a_restart_of_redis_runs_again_before_its_lease_expires() -> (
    None
):
    """Its worker ends the run as soon as it can; the lease would last for an hour here."""
    with redis_server(*DURABLE) as server:
        jobs = scripted_on(server)

        async def restart(_: RunningJob) -> End:
            server.stop()
            raise ConnectionError("redis went away")

        jobs.script = [restart]
        async with working(jobs, replace(QUICK_RETRIES, lease_duration=timedelta(hours=1))):
            await accept(jobs.store)
            await jobs.ran.wait()
            jobs.ran.clear()
            await asyncio.sleep(0)
            server.start()
            await jobs.ran.wait()
        await jobs.close()
    assert jobs.runs == ["evt_1", "evt_1"]


class LosingRunner(ScriptRunner):
    """Loses the first reply that has jobs."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self.lost: list[Any] = []

    async def run(self, script: LuaScript, *args: Any) -> Any:
        reply = await super().run(script, *args)
        if script.name == "take" and len(reply) > 2 and not self.lost:
            self.lost.append(reply)
            raise RedisError("the reply is lost")
        return reply


async def test_jobs_that_were_taken_without_a_reply_run_before_their_leases_expire(
    store: Store, redis: Redis
) -> None:
    runner = LosingRunner(redis)
    jobs = ScriptedTasks(Store(redis, retention=store.retention, runner=runner))
    await accept(jobs.store)
    async with working(jobs, LONG_LEASES):
        await jobs.ran.wait()
        await until(lambda: no_job_is_left(redis))
    assert len(runner.lost) == 1
    assert jobs.runs == ["evt_1"]


async def test_sigterm_stops_it(redis_process: RedisServer, redis: Redis) -> None:
    jobs = scripted_on(redis_process)
    jobs.script = [work_briefly]
    task = asyncio.create_task(supervise(lambda: jobs.as_tasks))
    await accept(jobs.store)
    await jobs.ran.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(HANG_TIMEOUT):
        await task
    assert await no_job_is_left(redis)


async def test_it_can_be_stopped_at_any_moment(redis_process: RedisServer) -> None:
    """redis-py can swallow a cancellation; a worker that was stopped by one could wait forever."""
    for step in range(25):
        jobs = scripted_on(redis_process)
        async with working(jobs):
            await asyncio.sleep(step / 1_000)  # another moment each time
        await jobs.close()
