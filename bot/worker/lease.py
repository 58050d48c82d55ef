"""A running job's hold on its right to run."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import uuid4

from redis.exceptions import RedisError

from bot.clock import pause
from bot.errors import LeaseLost
from bot.store.leases import Leases

LEASE = timedelta(seconds=15)
"""A killed worker's job is free again after so long."""
_RENEW_EVERY = LEASE / 3
_SAFETY = timedelta(seconds=1)
"""We stop this long before Redis lets go, so that two workers never both believe."""
_AGAIN = 0.25


class Lease:
    """Held from `take` to `end`, and renewed in between.

    `check_lease` is to be called before anything that cannot be taken back: a process that was paused,
    or cut off from Redis, finds out there that its time is over.
    """

    def __init__(self, leases: Leases, job_id: str, due_ms: float) -> None:
        self.job_id = job_id
        self._leases = leases
        self._due_ms = due_ms
        self._token = uuid4().hex
        self._good_until = 0.0
        self._again_after: timedelta | None = timedelta()

    def check_lease(self) -> None:
        """Raises LeaseLost if another worker may have the job by now."""
        if time.monotonic() >= self._good_until:
            raise LeaseLost(f"the lease of {self.job_id} is over")

    def job_is_done(self) -> None:
        self._again_after = None

    def job_runs_again(self, after: timedelta) -> None:
        self._again_after = after

    async def take(self) -> bool:
        """False if another worker was faster, or the job is done or put off by now.

        Raises:
            redis.RedisError: if nobody can tell; `end` then gives back what may be ours.
        """
        self._good_until = time.monotonic() + LEASE.total_seconds()
        held = await self._extend(self._leases.take(self.job_id, self._token, self._due_ms))
        if not held:
            self._good_until = 0.0
        return held

    @asynccontextmanager
    async def renewing(self, on_loss: Callable[[], None]) -> AsyncIterator[None]:
        """Renew in the background; `on_loss` is called once if the lease is lost all the same."""
        ended = asyncio.Event()
        renewal = asyncio.create_task(self._keep(on_loss, ended))
        try:
            yield
        finally:
            ended.set()
            await renewal

    async def end(self) -> None:
        """Drop the job or put it back; while Redis is away, try for as long as the lease lasts."""
        with suppress(LeaseLost):
            await retry_while_unavailable(self._end, self.check_lease)

    async def _end(self) -> bool:
        if self._again_after is None:
            return await self._leases.finish(self.job_id, self._token, self._due_ms)
        delay_ms = round(self._again_after / timedelta(milliseconds=1))
        return await self._leases.put_back(self.job_id, self._token, self._due_ms, delay_ms)

    async def _keep(self, on_loss: Callable[[], None], ended: asyncio.Event) -> None:
        seconds = _RENEW_EVERY.total_seconds()
        while not await pause(seconds, ended):
            try:
                held = await self._extend(self._leases.renew(self.job_id, self._token))
                seconds = _RENEW_EVERY.total_seconds()
            except (RedisError, OSError):
                held = time.monotonic() < self._good_until
                seconds = _AGAIN
            if not held:
                self._good_until = 0.0
                on_loss()
                return

    async def _extend(self, asking: Awaitable[bool]) -> bool:
        """Hold on for as long as Redis grants it, counted from when it is asked, which is now."""
        asked_at = time.monotonic()
        held = await asking
        if held:
            self._good_until = asked_at + (LEASE - _SAFETY).total_seconds()
        return held


async def retry_while_unavailable(
    step: Callable[[], Awaitable[bool]], check_lease: Callable[[], None]
) -> bool:
    """Repeat a step that is harmless to repeat until Redis takes it.

    Raises:
        LeaseLost: out of `check_lease`, when it is too late for that.
    """
    while True:
        try:
            return await step()
        except (RedisError, OSError):
            check_lease()
            await asyncio.sleep(_AGAIN)
