"""The worker drops no job, and never runs a job twice at the same time."""

import json
from datetime import timedelta
from typing import Any

import pytest
from arq.connections import ArqRedis
from arq.worker import Worker, func
from pydantic_core import to_json
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.clock import utc_now
from bot.errors import CorruptRecord, LeaseLost, TryAgain
from bot.store import Store
from bot.store.queue import QUEUE, Task, new_job
from bot.worker.lease import Lease
from bot.worker.timings import WorkerTimings
from tests.polling import until
from tests.scripted_jobs import (
    JOB,
    QUICK,
    QUICK_RETRIES,
    ScriptedTasks,
    accept,
    hang,
    is_due_later,
    queue_is_empty,
    working,
)


@pytest.fixture
def jobs(store: Store) -> ScriptedTasks:
    return ScriptedTasks(store)


async def test_a_job_runs_once_and_leaves_nothing_behind(jobs: ScriptedTasks, redis: Redis) -> None:
    async with working(jobs):
        await accept(jobs.store)
        await until(lambda: queue_is_empty(redis))
    assert jobs.runs == ["evt_1"]
    assert await redis.keys("arq:*") == []


async def test_a_stock_arq_worker_runs_the_job_that_was_accepted(
    store: Store, redis: Redis
) -> None:
    """The contract with arq 0.28, whose key layout the accept script writes by itself."""
    ran = []

    async def handle_event(_: dict[Any, Any], event_id: str) -> None:
        ran.append(event_id)

    await accept(store)
    stock = Worker(
        [func(handle_event, name="handle_event")],
        queue_name=QUEUE,
        redis_pool=ArqRedis(redis.connection_pool),
        burst=True,
        handle_signals=False,
        job_serializer=to_json,
        job_deserializer=json.loads,
    )
    await stock.main()
    assert ran == ["evt_1"]
    assert await redis.zcard(QUEUE) == 0


@pytest.mark.parametrize(
    "fault",
    [
        TryAgain("not now", timedelta(milliseconds=10)),
        ConnectionError("redis went away"),
        LeaseLost("paused"),
    ],
)
async def test_a_job_that_was_interrupted_runs_again(
    jobs: ScriptedTasks, redis: Redis, fault: Exception
) -> None:
    jobs.script = [fault, fault]
    async with working(jobs, QUICK_RETRIES):
        await accept(jobs.store)
        await until(lambda: queue_is_empty(redis))
    assert jobs.runs == ["evt_1"] * 3


async def test_a_job_with_a_bug_stays_in_the_queue(jobs: ScriptedTasks, redis: Redis) -> None:
    """Arq would drop it after an exception; here it waits for the release that fixes the bug."""
    jobs.script = [RuntimeError("a bug")] * 7
    with capture_logs() as logs:  # rendering seven tracebacks would take seconds
        async with working(jobs, QUICK_RETRIES):
            await accept(jobs.store)
            await until(lambda: queue_is_empty(redis))
    assert jobs.runs == ["evt_1"] * 8
    assert [line["event"] for line in logs].count("job failed") == 7


async def test_a_job_about_an_unreadable_record_is_dropped(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    jobs.script = [CorruptRecord("delivery dlv_1 is not readable in Redis")]
    async with working(jobs):
        await accept(jobs.store)
        await until(lambda: queue_is_empty(redis))
    assert jobs.runs == ["evt_1"]


async def test_a_job_that_takes_too_long_runs_again(jobs: ScriptedTasks, redis: Redis) -> None:
    jobs.script = [hang]
    timings = WorkerTimings(job_timeout=timedelta(milliseconds=50), retry_after_fault=QUICK)
    async with working(jobs, timings):
        await accept(jobs.store)
        await until(lambda: queue_is_empty(redis))
    assert len(jobs.runs) >= 2  # on a busy machine even an empty run can take too long


async def test_a_task_of_a_newer_release_is_left_to_a_newer_worker(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """During a rolling deploy, old and new workers share one queue; arq would drop the job."""
    blob = json.dumps({"t": None, "f": "new_task", "a": ["x"], "k": {}, "et": 0}).encode()
    await redis.set("arq:job:new_task:x", blob)
    await redis.zadd(QUEUE, {"new_task:x": 1})
    async with working(jobs):
        await until(lambda: is_due_later(redis, "new_task:x"))
    assert await redis.get("arq:job:new_task:x") == blob


@pytest.mark.parametrize("blob", [None, b"\x80\x04not json"])
async def test_a_job_without_a_readable_blob_still_runs(
    jobs: ScriptedTasks, redis: Redis, blob: bytes | None
) -> None:
    """Its id contains everything that is needed. One blob is a pickle, which is never loaded."""
    if blob:
        await redis.set(f"arq:job:{JOB}", blob)
    await redis.zadd(QUEUE, {JOB: 1})
    async with working(jobs):
        await until(lambda: queue_is_empty(redis))
    assert jobs.runs == ["evt_1"]


async def test_a_retry_that_a_job_schedules_for_itself_survives_its_end(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    due = utc_now() + timedelta(hours=1)

    async def write_the_next(_: str, __: Lease) -> None:
        again = new_job(Task.EVENT, "evt_1", now=utc_now(), due=due)
        await redis.psetex(again.key, 60_000, again.blob)
        await redis.zadd(QUEUE, {again.id: due.timestamp() * 1000})

    jobs.script = [write_the_next]
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
    assert await redis.zscore(QUEUE, JOB) == due.timestamp() * 1000
    assert await redis.exists(f"arq:job:{JOB}") == 1
