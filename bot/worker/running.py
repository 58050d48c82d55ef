"""One running job and its lease."""

import asyncio
import time
from collections.abc import Callable

from bot.errors import LeaseLost
from bot.store.job_queue import TakenJob
from bot.worker.timings import WorkerTimings


class RunningJob:
    """A job that this worker runs, for as long as its lease is renewed.

    Call `check_lease` before every action that cannot be undone: there a process that was paused, or
    disconnected from Redis, learns that its lease has expired. `monotonic` gives seconds.
    """

    def __init__(
        self,
        taken: TakenJob,
        asked_at: float,
        timings: WorkerTimings,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.run = taken.run
        self.fields = taken.fields
        self.places_version = taken.places_version
        self._timings = timings
        self._monotonic = monotonic
        self.renewed(asked_at)
        self.task: asyncio.Task[None] | None = None

    def renewed(self, asked_at: float) -> None:
        """Extend the lease, counted from when the renewal was requested."""
        valid = self._timings.lease_duration - self._timings.lease_tolerance
        self._valid_until = asked_at + valid.total_seconds()

    def lose(self) -> None:
        """Stop the job: another worker may have it."""
        self._valid_until = 0.0
        if self.task is not None:
            self.task.cancel()

    @property
    def is_expired(self) -> bool:
        return self._monotonic() >= self._valid_until

    def check_lease(self) -> None:
        """Raise LeaseLost if another worker may hold the job by now."""
        if self.is_expired:
            raise LeaseLost(f"the lease of {self.run.job} has expired")
