"""Jobs that do what a test says, and a supervised worker that runs them."""

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
from bot.store.connection import connect
from bot.store.queue import HEARTBEAT, QUEUE
from bot.worker.jobs import WorkerTasks
from bot.worker.lease import Lease
from bot.worker.loop import LeasedWorker
from bot.worker.supervisor import NewWorker, Supervisor
from bot.worker.timings import PRODUCTION, WorkerTimings
from tests.factories import body_of, make_event
from tests.polling import HANG_TIMEOUT

JOB = "handle_event:evt_1"
QUICK = timedelta(milliseconds=10)
QUICK_RETRIES = WorkerTimings(retry_after_fault=QUICK, retry_after_bug=QUICK)
Behaviour = Callable[[str, Lease], Awaitable[None]]


@dataclass
class ScriptedTasks:
    """Each run follows the next step of the script, or does nothing."""

    store: Store
    script: list[Behaviour | Exception] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    ran: asyncio.Event = field(default_factory=asyncio.Event)
    clock: Callable[[], datetime] = utc_now

    async def handle_event(self, subject_id: str, lease: Lease) -> None:
        self.runs.append(subject_id)
        self.ran.set()
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if step is not None:
            await step(subject_id, lease)

    retry_delivery = report_dead_letter = handle_event

    async def close(self) -> None:
        await self.store.redis.aclose()

    @property
    def as_tasks(self) -> WorkerTasks:
        return cast("WorkerTasks", self)


@asynccontextmanager
async def working(
    jobs: ScriptedTasks, timings: WorkerTimings = PRODUCTION, new_worker: NewWorker = LeasedWorker
) -> AsyncIterator[Supervisor]:
    """A supervised worker. Its queue is reconciled first: these jobs leave every event accepted."""
    await jobs.store.reconciliation.run(utc_now())
    supervisor = Supervisor(jobs.as_tasks, timings=timings, new_worker=new_worker)
    task = asyncio.create_task(supervisor.run())
    try:
        async with asyncio.timeout(HANG_TIMEOUT):
            yield supervisor
    finally:
        supervisor.stop()
        await task


async def accept(store: Store, event_id: str = "evt_1") -> None:
    event = make_event(event_id, timestamp=utc_now())
    await store.events.accept(event, body_of(event), utc_now())


def scripted_on(server: RedisServer) -> ScriptedTasks:
    client = connect(server.url, timeout=timedelta(seconds=30))
    return ScriptedTasks(Store(client, retention=timedelta(days=30)))


async def hang(_: str, __: Lease) -> None:
    await asyncio.Event().wait()


async def work_briefly(_: str, __: Lease) -> None:
    await asyncio.sleep(0.1)


async def queue_is_empty(redis: Redis) -> bool:
    return not await redis.zcard(QUEUE)


async def has_heartbeat(redis: Redis) -> bool:
    return bool(await redis.exists(HEARTBEAT))


async def is_due_later(redis: Redis, job_id: str) -> bool:
    score = await redis.zscore(QUEUE, job_id)
    return score is not None and score > utc_now().timestamp() * 1000
