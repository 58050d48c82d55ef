"""Random faults while the bot runs: workers are killed, and Redis is restarted."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from bot.clock import pause
from tests.faults.deployment import Deployment

FAULT_INTERVAL = 0.25
"""Seconds."""


@dataclass
class Chaos:
    """Causes random faults every 250 ms. The same `seed` makes the same choices."""

    deployment: Deployment
    seed: int
    redis_restarts: float = 0.02
    worker_kills: float = 0.08
    faults: Counter[str] = field(default_factory=Counter)
    """The number of faults by kind."""

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311  # nothing is secret about it
        self._workers: list[AsyncExitStack] = []
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def running(self, workers: int) -> AsyncIterator[None]:
        """Run this many workers, and replace a killed one at once."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._stop_workers)
            for _ in range(workers):
                self._workers.append(await self._start_worker())
            self._task = asyncio.create_task(self._run())
            try:
                yield
            finally:
                await self.stop()

    async def stop(self) -> None:
        """Stop causing faults, and return when Redis and all workers run."""
        self._ended.set()
        await self._task

    async def _run(self) -> None:
        while not await pause(FAULT_INTERVAL, self._ended):
            if self._random.random() < self.redis_restarts:
                await self._restart_redis()
            if self._random.random() < self.worker_kills:
                await self._kill_worker()

    async def _restart_redis(self) -> None:
        self.faults["redis restarts"] += 1
        await asyncio.to_thread(self.deployment.redis.stop)
        await asyncio.to_thread(self.deployment.redis.start)

    async def _kill_worker(self) -> None:
        self.faults["workers killed"] += 1
        number = self._random.randrange(len(self._workers))
        await self._workers[number].aclose()
        self._workers[number] = await self._start_worker()

    async def _start_worker(self) -> AsyncExitStack:
        """Start a worker; closing the stack sends SIGKILL."""
        stack = AsyncExitStack()
        await stack.enter_async_context(self.deployment.worker())
        return stack

    async def _stop_workers(self) -> None:
        for worker in self._workers:
            await worker.aclose()
