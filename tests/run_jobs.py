"""Runs single jobs as a worker does, at once and one after the other."""

import time

from redis.asyncio import Redis

from bot.store import Store
from bot.store.commit import End
from bot.store.job_queue import TakenJob
from bot.store.queue import JOBS, QUEUE, RUNNING, JobId, Task
from bot.worker.jobs import WorkerTasks
from bot.worker.running import RunningJob
from bot.worker.timings import PRODUCTION


def event_job(event_id: str = "evt_1") -> JobId:
    return JobId(Task.EVENT, event_id)


def delivery_job(delivery_id: str, event_id: str = "evt_1") -> JobId:
    return JobId(Task.DELIVERY, event_id, delivery_id)


def report_job(event_id: str = "evt_1", delivery_id: str = "") -> JobId:
    return JobId(Task.DEAD_LETTER, event_id, delivery_id)


async def no_job_is_left(redis: Redis) -> bool:
    """Return whether no job waits, due or not, and none runs, at one moment."""
    async with redis.pipeline(transaction=True) as pipe:
        waiting, running = await pipe.zcard(QUEUE).zcard(RUNNING).execute()
    return not waiting and not running


async def unfinished(redis: Redis) -> set[str]:
    """Return the jobs that are not done: those of the index, without the mark that it is complete."""
    return {raw.decode() for raw in await redis.zrange(JOBS, 0, -1)} - {"-"}


async def take_job(store: Store, job: JobId) -> TakenJob:
    """Take a job, whether it is due, or in the queue, or not; a run that has it loses its lease."""
    for key in (JOBS, QUEUE):
        await store.redis.zadd(key, {str(job): 1})
    timings = PRODUCTION
    taken = await store.queue.take(1, timings.lease_duration, timings.heartbeat_lifetime)
    [found] = taken.jobs
    assert found.run.job == job
    return found


async def take(tasks: WorkerTasks, job: JobId) -> RunningJob:
    """Take a job for these tasks to run."""
    asked_at = time.monotonic()
    return RunningJob(await take_job(tasks.store, job), asked_at, PRODUCTION)


async def run_job(tasks: WorkerTasks, job: JobId) -> End | None:
    """Take the job, run it, and end its run; return how it ended, None if with its last delivery."""
    running = await take(tasks, job)
    end = await tasks.run(running)
    if end is not None:
        await tasks.store.commits.end(running.run, end)
    return end


async def run_all(tasks: WorkerTasks) -> None:
    """Run every job, due or not, until none is left."""
    while queued := await tasks.store.redis.zrange(QUEUE, 0, -1):
        for raw in sorted(queued):
            await run_job(tasks, JobId.parse(raw.decode()))
