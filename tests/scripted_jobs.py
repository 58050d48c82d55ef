"""Jobs that do what a test says, and a worker that runs them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from redis.asyncio import Redis

from bot.clock import utc_now
from bot.fakes.redis_server import RedisServer
from bot.store import Store
from bot.store.commit import DONE, End
from bot.store.connection import connect
from bot.store.queue import HEARTBEAT, QUEUE
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import Worker
from bot.worker.process import NewWorker
from bot.worker.running import RunningJob
from bot.worker.timings import PRODUCTION, WorkerTimings
from tests.factories import body_of, make_event
from tests.polling import HANG_TIMEOUT
from tests.run_jobs import event_job

JOB = str(event_job())
QUICK = timedelta(milliseconds=10)
QUICK_RETRIES = WorkerTimings(retry_after_fault=QUICK, retry_after_bug=QUICK)
NEVER_POLLS = WorkerTimings(heartbeat_interval=timedelta(hours=1))
"""The timings of a worker that takes no job unless it is woken or knows when the job is due."""
Behaviour = Callable[[RunningJob], Awaitable[End | None]]


@dataclass
class ScriptedTasks:
    """Each run follows the next step of the script, or ends at once."""

    store: Store
    script: list[Behaviour | Exception | End] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    """The event of each run."""
    ran: asyncio.Event = field(default_factory=asyncio.Event)
    clock: Callable[[], datetime] = utc_now

    async def run(self, job: RunningJob) -> End | None:
        self.runs.append(job.run.job.event_id)
        self.ran.set()
        step = self.script.pop(0) if self.script else DONE
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, End) else await step(job)

    async def close(self) -> None:
        await self.store.close()

    @property
    def as_tasks(self) -> WorkerTasks:
        return cast("WorkerTasks", self)


@asynccontextmanager
async def working(
    jobs: ScriptedTasks, timings: WorkerTimings = PRODUCTION, new_worker: NewWorker | None = None
) -> AsyncIterator[Worker]:
    """Run a worker. Its queue is reconciled first: these jobs leave every event accepted."""
    await jobs.store.reconciliation.run(utc_now())
    make = new_worker or (lambda tasks: Worker(tasks, timings=timings))
    worker = make(jobs.as_tasks)
    task = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(HANG_TIMEOUT):
            yield worker
    finally:
        worker.stop()
        async with asyncio.timeout(HANG_TIMEOUT):
            await task
        await jobs.store.queue.close()


async def accept(store: Store, event_id: str = "evt_1") -> None:
    event = make_event(event_id, timestamp=utc_now())
    await store.events.accept(event, body_of(event), utc_now())


def scripted_on(server: RedisServer) -> ScriptedTasks:
    client = connect(server.url, timeout=timedelta(seconds=30))
    return ScriptedTasks(Store(client, retention=timedelta(days=30)))


async def hang(_: RunningJob) -> End:
    await asyncio.Event().wait()
    return DONE


async def work_briefly(_: RunningJob) -> End:
    await asyncio.sleep(0.1)
    return DONE


async def has_heartbeat(redis: Redis) -> bool:
    return bool(await redis.exists(HEARTBEAT))


async def is_due_later(redis: Redis, job_id: str) -> bool:
    score = await redis.zscore(QUEUE, job_id)
    return score is not None and score > utc_now().timestamp() * 1000


async def waiting_workers(redis: Redis) -> int:
    """Return how many workers wait for a job to be enqueued."""
    return sum(client["cmd"] == "blpop" for client in await redis.client_list())
