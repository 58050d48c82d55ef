"""A worker that lives in a test's event loop, one poll of the queue at a time."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError

from bot.settings import Settings
from bot.store import Store
from bot.wiring import build_jobs
from bot.worker.loop import LeasedWorker
from bot.worker.timings import WorkerTimings
from tests.faults.machine_life import Life
from tests.faults.machine_time import Time, VirtualTimeRedis

RETENTION = timedelta(days=30)
REDIS_TIMEOUT = timedelta(seconds=30)
"""In real time: longer than any fault that the machine injects."""
_TIMINGS = WorkerTimings(redis_retry_interval=timedelta(milliseconds=10))


def machine_store(settings: Settings) -> Store:
    url = settings.redis_url.get_secret_value()
    return Store(VirtualTimeRedis(url, REDIS_TIMEOUT), retention=RETENTION)


class MachineWorker:
    """Polls when told to. A strike during a poll can freeze it."""

    def __init__(self, settings: Settings, time: Time) -> None:
        self.life = Life()
        self._time = time
        self._jobs = build_jobs(
            settings,
            store=machine_store(settings),
            clock=time.now,
            monotonic=time.monotonic,
            redis_retry_interval=_TIMINGS.redis_retry_interval,
        )
        self._leased = self._new_worker()
        self._polling: asyncio.Task[Any] | None = None

    def _new_worker(self) -> LeasedWorker:
        return LeasedWorker(
            self._jobs, asyncio.Event(), timings=_TIMINGS, monotonic=self._time.monotonic
        )

    @property
    def is_frozen(self) -> bool:
        return self.life.frozen.is_set()

    async def poll(self) -> None:
        """Run what is due; return when that is done, or the worker frozen."""
        self._polling = await self.life.run(self._poll())
        self._raise_bugs()

    async def thaw(self) -> None:
        """Continue where it was frozen, as if no time had passed."""
        assert self._polling is not None
        self.life.thaw()
        await self.life.go_on(self._polling)
        self._raise_bugs()

    async def _poll(self) -> None:
        leased = self._leased
        try:
            await leased.poll_once()
        except (RedisError, OSError):
            # As the supervisor does; arq's worker has lost count of its jobs.
            await self._jobs.store.redis.connection_pool.disconnect(inuse_connections=False)
            self._leased = self._new_worker()
        if leased.tasks:
            await asyncio.wait(leased.tasks.values())

    def _raise_bugs(self) -> None:
        """Raise what the poll raised: a worker must survive all injected faults."""
        if self._polling is not None and self._polling.done():
            self._polling.result()

    async def close(self) -> None:
        """Close everything; the network is gone by now if the worker was killed."""
        self.life.thaw()
        if self._polling is not None:
            everything = [self._polling, *self._leased.tasks.values()]
            for task in everything:
                task.cancel()
            await asyncio.wait(everything, timeout=5)
        with suppress(RedisError, OSError):
            await self._jobs.close()
