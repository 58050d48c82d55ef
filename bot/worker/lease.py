"""The lease of one running job."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from functools import partial
from uuid import uuid4

from redis.exceptions import RedisError

from bot.clock import in_background, pause
from bot.errors import LeaseLost
from bot.store.leases import Leases
from bot.store.retry import retry_while_unavailable
from bot.worker.timings import PRODUCTION, WorkerTimings


class Lease:
    """Held from `take` to `end`, and renewed in between.

    Call `check_lease` before every action that cannot be undone: there a process that was paused, or
    disconnected from Redis, learns that its lease has expired. `monotonic` gives seconds.
    """

    def __init__(
        self,
        leases: Leases,
        job_id: str,
        due_ms: float,
        timings: WorkerTimings = PRODUCTION,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.job_id = job_id
        self._leases = leases
        self._due_ms = due_ms
        self._timings = timings
        self._monotonic = monotonic
        self._token = uuid4().hex
        self._valid_until = 0.0
        self._again_after: timedelta | None = timedelta()

    def check_lease(self) -> None:
        """Raise LeaseLost if another worker may hold the job by now."""
        if self._is_expired():
            raise LeaseLost(f"the lease of {self.job_id} has expired")

    def job_is_done(self) -> None:
        """Have `end` remove the job from the queue."""
        self._again_after = None

    def job_runs_again(self, after: timedelta) -> None:
        """Have `end` return the job to the queue, due after this delay."""
        self._again_after = after

    async def take(self) -> bool:
        """Take the lease; False if another worker holds it, or the job is done or was postponed.

        Raises:
            redis.RedisError: if the outcome is unknown; call `end` to release what may be held.
        """
        self._valid_until = self._monotonic() + self._timings.lease_duration.total_seconds()
        held = await self._extend(self._leases.take(self.job_id, self._token, self._due_ms))
        if not held:
            self._valid_until = 0.0
        return held

    def renewing(self, on_loss: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Renew the lease in the background; call `on_loss` once if it is lost all the same."""
        return in_background(partial(self._keep_renewing, on_loss))

    async def end(self) -> None:
        """Remove the job or return it to the queue; retry until the lease expires."""
        finish = partial(
            self._leases.finish, self.job_id, self._token, self._due_ms, self._again_after
        )
        with suppress(LeaseLost):
            interval = self._timings.redis_retry_interval
            await retry_while_unavailable(finish, self.check_lease, interval)

    async def _keep_renewing(self, on_loss: Callable[[], None], ended: asyncio.Event) -> None:
        interval = self._timings.renewal_interval
        while not await pause(interval.total_seconds(), ended):
            try:
                held = await self._extend(self._leases.renew(self.job_id, self._token))
                interval = self._timings.renewal_interval
            except (RedisError, OSError):
                held = not self._is_expired()
                interval = self._timings.redis_retry_interval
            if not held:
                self._valid_until = 0.0
                on_loss()
                return

    async def _extend(self, request: Awaitable[bool]) -> bool:
        """Await the request; if it is granted, the lease is valid from the time of this call."""
        sent_at = self._monotonic()
        held = await request
        if held:
            valid = self._timings.lease_duration - self._timings.lease_tolerance
            self._valid_until = sent_at + valid.total_seconds()
        return held

    def _is_expired(self) -> bool:
        return self._monotonic() >= self._valid_until
