"""A worker that lives in a test's event loop, one call for jobs at a time."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError

from bot.settings import Settings
from bot.store import Store
from bot.store.connection import connect
from bot.wiring import build_jobs
from bot.worker.loop import Worker
from bot.worker.timings import WorkerTimings
from tests.faults.machine_life import Life
from tests.faults.machine_time import Time

RETENTION = timedelta(days=30)
REDIS_TIMEOUT = timedelta(seconds=30)
"""In real time: longer than any fault that the machine injects."""
_TIMINGS = WorkerTimings(redis_retry_interval=timedelta(milliseconds=10))


def machine_store(settings: Settings) -> Store:
    url = settings.redis_url.get_secret_value()
    return Store(connect(url, timeout=REDIS_TIMEOUT), retention=RETENTION)


class _SteppedWorker(Worker):
    """A worker that takes jobs when told to."""

    async def take_and_run(self) -> None:
        """Take what is due, and return when all that runs has ended."""
        try:
            await self._take()
        except (RedisError, OSError):
            await self._tasks.store.redis.connection_pool.disconnect(inuse_connections=False)
        if tasks := self.tasks:
            await asyncio.wait(tasks)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        tasks = [*(job.task for job in self._running.values()), self._reconciliation]
        return [task for task in tasks if task]


class MachineWorker:
    """Polls when told to. A strike during a poll can freeze it."""

    def __init__(self, settings: Settings, time: Time) -> None:
        self.life = Life()
        self._jobs = build_jobs(
            settings,
            store=machine_store(settings),
            clock=time.now,
            monotonic=time.monotonic,
            redis_retry_interval=_TIMINGS.redis_retry_interval,
        )
        self._worker = _SteppedWorker(self._jobs, timings=_TIMINGS, monotonic=time.monotonic)
        self._polling: asyncio.Task[Any] | None = None

    @property
    def is_frozen(self) -> bool:
        return self.life.frozen.is_set()

    async def poll(self) -> None:
        """Run what is due; return when that is done, or the worker frozen."""
        self._polling = await self.life.run(self._worker.take_and_run())
        self._raise_bugs()

    async def thaw(self) -> None:
        """Continue where it was frozen, as if no time had passed."""
        assert self._polling is not None
        self.life.thaw()
        await self.life.go_on(self._polling)
        self._raise_bugs()

    def _raise_bugs(self) -> None:
        """Raise what the poll raised: a worker must survive all injected faults."""
        if self._polling is not None and self._polling.done():
            self._polling.result()

    async def close(self) -> None:
        """Close everything; the network is gone by now if the worker was killed."""
        self.life.strike_after(0, self.life.freeze)  # one that is still to come would freeze this
        self.life.thaw()
        if self._polling is not None:
            everything = [self._polling, *self._worker.tasks]
            for task in everything:
                task.cancel()
            await asyncio.wait(everything, timeout=5)
        with suppress(RedisError, OSError):
            await self._jobs.close()
