"""What goes wrong in production, all the time and at random: processes are killed, Redis is restarted."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from bot.clock import pause
from tests.faults.deployment import Deployment

EVERY_SECONDS = 0.25


@dataclass
class Chaos:
    """Rolls its dice every 250 ms. The same `seed` makes the same choices."""

    deployment: Deployment
    seed: int
    redis_restarts: float = 0.02
    worker_kills: float = 0.08
    done: Counter[str] = field(default_factory=Counter)
    """How often it did what."""

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311  # nothing is secret about it
        self._workers: list[AsyncExitStack] = []
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def among(self, workers: int) -> AsyncIterator[None]:
        """So many workers, of which one that was killed is replaced at once."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._stop_all)
            for _ in range(workers):
                self._workers.append(await self._start())
            self._raging = asyncio.create_task(self._rage())
            try:
                yield
            finally:
                await self.calm()

    async def calm(self) -> None:
        """Return when everything runs, Redis too, and will be left in peace."""
        self._ended.set()
        await self._raging

    async def _rage(self) -> None:
        while not await pause(EVERY_SECONDS, self._ended):
            if self._dice.random() < self.redis_restarts:
                await self._restart_redis()
            if self._dice.random() < self.worker_kills:
                await self._kill_a_worker()

    async def _restart_redis(self) -> None:
        self.done["redis restarts"] += 1
        await asyncio.to_thread(self.deployment.redis.stop)
        await asyncio.to_thread(self.deployment.redis.start)

    async def _kill_a_worker(self) -> None:
        self.done["workers killed"] += 1
        number = self._dice.randrange(len(self._workers))
        await self._workers[number].aclose()
        self._workers[number] = await self._start()

    async def _start(self) -> AsyncExitStack:
        """A worker; closing it is SIGKILL."""
        stack = AsyncExitStack()
        await stack.enter_async_context(self.deployment.worker())
        return stack

    async def _stop_all(self) -> None:
        for worker in self._workers:
            await worker.aclose()
