"""The worker drops no job, and ends each run as the job says."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from arq.connections import ArqRedis
from arq.worker import Worker as StockWorker
from arq.worker import func
from pydantic_core import to_json
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.clock import utc_now
from bot.errors import CorruptRecord, LeaseLost
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import DONE, End
from bot.store.queue import JOB_KEY, JOBS, LEASES, QUEUE, RUNNING, JobId
from bot.worker.loop import Worker
from bot.worker.running import RunningJob
from bot.worker.timings import WorkerTimings
from tests.polling import until
from tests.queue_times import is_due_in
from tests.run_jobs import event_job, no_job_is_left
from tests.scripted_jobs import (
    JOB,
    QUICK,
    QUICK_RETRIES,
    ScriptedTasks,
    accept,
    hang,
    is_due_later,
    working,
)
from tests.stored_events import read


async def test_a_job_runs_once_and_leaves_nothing_behind(jobs: ScriptedTasks, redis: Redis) -> None:
    async with working(jobs):
        await accept(jobs.store)
        await jobs.ran.wait()
        await until(lambda: no_job_is_left(redis))
    assert jobs.runs == ["evt_1"]
    assert await redis.keys("arq:*") == []
    assert await redis.zscore(JOBS, JOB) is None
    assert await redis.exists(QUEUE, RUNNING, LEASES) == 0


async def test_a_stock_arq_worker_runs_the_job_that_was_accepted(
    store: Store, redis: Redis
) -> None:
    """The contract with arq 0.28, whose key layout the accept script writes by itself."""
    ran = []

    async def handle_event(_: dict[Any, Any], event_id: str) -> None:
        ran.append(event_id)

    await accept(store)
    stock = StockWorker(
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
    "fault", [End(QUICK), ConnectionError("redis went away"), LeaseLost("paused")], ids=str
)
async def test_a_job_that_was_interrupted_runs_again(
    jobs: ScriptedTasks, redis: Redis, fault: Exception | End
) -> None:
    jobs.script = [fault, fault]
    async with working(jobs, replace(QUICK_RETRIES, retry_after_bug=timedelta(hours=1))):
        await accept(jobs.store)
        await until(lambda: no_job_is_left(redis))
    assert jobs.runs == ["evt_1"] * 3


async def test_a_job_with_a_bug_stays_in_the_queue(jobs: ScriptedTasks, redis: Redis) -> None:
    """Arq would drop it after an exception; here it waits for the release that fixes the bug."""
    jobs.script = [RuntimeError("a bug")] * 7
    with capture_logs() as logs:  # rendering seven tracebacks would take seconds
        async with working(jobs, QUICK_RETRIES):
            await accept(jobs.store)
            await until(lambda: no_job_is_left(redis))
    assert jobs.runs == ["evt_1"] * 8
    assert [line["event"] for line in logs].count("job failed") == 7


async def test_a_job_about_an_unreadable_record_is_dropped(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    jobs.script = [CorruptRecord("event evt_1 is not readable in Redis")]
    async with working(jobs):
        await accept(jobs.store)
        await until(lambda: no_job_is_left(redis))
    assert jobs.runs == ["evt_1"]


async def test_a_job_that_takes_too_long_runs_again(jobs: ScriptedTasks, redis: Redis) -> None:
    jobs.script = [hang]
    timings = WorkerTimings(job_timeout=timedelta(milliseconds=50), retry_after_fault=QUICK)
    async with working(jobs, timings):
        await accept(jobs.store)
        await until(lambda: no_job_is_left(redis))
    assert len(jobs.runs) >= 2  # on a busy machine even an empty run can take too long


async def test_a_job_that_runs_again_later_stays_as_it_is_and_is_due_that_long_from_now(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    """As is a task of a newer release, which arq would drop: old and new workers share one queue."""
    job = str(JobId("new_task", "evt_1"))
    blob = json.dumps({"t": None, "f": "new_task", "a": ["evt_1"], "k": {}, "et": 0}).encode()
    await redis.set(JOB_KEY + job, blob)
    await redis.zadd(QUEUE, {job: 1})
    jobs.script = [End(timedelta(minutes=1))]
    async with working(jobs):
        await until(lambda: is_due_later(redis, job))
    assert await is_due_in(redis, job, timedelta(minutes=1))
    assert await redis.get(JOB_KEY + job) == blob
    assert await redis.exists(RUNNING, LEASES) == 0


@pytest.mark.parametrize("blob", [None, b"\x80\x04not json"])
async def test_a_job_without_a_readable_blob_still_runs(
    jobs: ScriptedTasks, redis: Redis, blob: bytes | None
) -> None:
    """Its id contains everything that is needed. One blob is a pickle, which is never loaded."""
    if blob:
        await redis.set(JOB_KEY + JOB, blob)
    await redis.zadd(QUEUE, {JOB: 1})
    async with working(jobs):
        await until(lambda: no_job_is_left(redis))
    assert jobs.runs == ["evt_1"]


async def test_a_retry_that_a_job_schedules_for_itself_survives_its_end(
    jobs: ScriptedTasks, redis: Redis
) -> None:
    async def schedule(_: RunningJob) -> End:
        change = Change(await read(jobs.store), utc_now())
        change.enqueue(event_job(), timedelta(hours=1))
        await jobs.store.commits.apply(change)
        return DONE

    jobs.script = [schedule]
    async with working(jobs):
        await accept(jobs.store)
        await until(lambda: is_due_later(redis, JOB))
    assert jobs.runs == ["evt_1"]
    assert await is_due_in(redis, JOB, timedelta(hours=1))
    assert await redis.exists(JOB_KEY + JOB) == 1


async def test_a_bug_in_the_worker_does_not_end_it(jobs: ScriptedTasks) -> None:
    class FailsOnce(Worker):
        failed = False

        async def _take(self) -> timedelta:
            if not self.failed:
                self.failed = True
                raise RuntimeError("a bug")
            return await super()._take()

    def new_worker(*tasks: Any) -> Worker:
        return FailsOnce(*tasks, timings=QUICK_RETRIES)

    with capture_logs() as logs:
        async with working(jobs, new_worker=new_worker):
            await accept(jobs.store)
            await jobs.ran.wait()
    assert jobs.runs == ["evt_1"]
    assert "worker failed" in [line["event"] for line in logs]


async def test_a_bug_in_the_reconciliation_does_not_end_it(
    jobs: ScriptedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> list[str]:
        raise RuntimeError("a bug")

    with capture_logs() as logs:
        async with working(jobs):
            monkeypatch.setattr(jobs.store.reconciliation, "run", fail)
            await accept(jobs.store)
            await jobs.ran.wait()
    assert "reconciliation failed" in [line["event"] for line in logs]
