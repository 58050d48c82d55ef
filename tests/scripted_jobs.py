"""Jobs that do what a test says, and a supervised worker to run them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from redis.asyncio import Redis

from bot.clock import utc_now
from bot.fakes.redis_server import RedisServer
from bot.store import Store
from bot.store.connection import connect
from bot.store.queue import HEARTBEAT, QUEUE
from bot.worker.jobs import WorkerTasks
from bot.worker.lease import Lease
from bot.worker.loop import Supervisor
from tests.factories import body_of, make_event
from tests.polling import HANG_TIMEOUT

JOB = "handle_event:evt_1"
Behaviour = Callable[[str, Lease], Awaitable[None]]


@dataclass
class ScriptedTasks:
    """Jobs that do what a test says, run by run; what real jobs do is tested with them."""

    store: Store
    script: list[Behaviour | Exception] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    ran: asyncio.Event = field(default_factory=asyncio.Event)

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


@asynccontextmanager
async def working(jobs: ScriptedTasks) -> AsyncIterator[Supervisor]:
    """A supervised worker. Its queue is reconciled first: these jobs leave every event accepted."""
    await jobs.store.reconciliation.run(utc_now())
    supervisor = Supervisor(cast("WorkerTasks", jobs))
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


async def for_ever(_: str, __: Lease) -> None:
    await asyncio.Event().wait()


async def for_a_moment(_: str, __: Lease) -> None:
    await asyncio.sleep(0.1)


async def gone(redis: Redis) -> bool:
    return not await redis.zcard(QUEUE)


async def alive(redis: Redis) -> bool:
    return bool(await redis.exists(HEARTBEAT))


async def due_later(redis: Redis, job_id: str) -> bool:
    score = await redis.zscore(QUEUE, job_id)
    return score is not None and score > utc_now().timestamp() * 1000
