"""Writes the outcomes of a run's attempts, and ends the run with the last one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.errors import LeaseLost
from bot.model import Delivery
from bot.store.change import Change
from bot.store.commit import DONE, ChangedMeanwhile, Commits, Run
from bot.store.retry import retry_while_unavailable
from bot.store.stored_event import StoredEvent


class Leased(Protocol):
    """A run of a job under its lease."""

    @property
    def run(self) -> Run: ...

    def check_lease(self) -> None:
        """Raise LeaseLost if another worker may have the job by now."""
        ...


@dataclass(slots=True)
class Settlement:
    """Settles the deliveries of one run, one after the other; `unsettled` is how many are left."""

    commits: Commits
    stored: StoredEvent
    job: Leased
    clock: Callable[[], datetime]
    retry_interval: timedelta
    unsettled: int
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def settle(self, outcome: Callable[[Change], Delivery]) -> Delivery:
        """Write the outcome as soon as Redis can be reached; return the delivery as it is then.

        Raises:
            LeaseLost: if another worker has the job by now, or the event was forgotten.
        """
        change = Change(self.stored, self.clock())
        settled = outcome(change)
        async with self.lock:
            end = DONE if self.unsettled == 1 else None

            async def apply() -> bool:
                await self.commits.apply(change, self.job.run, end)
                return True

            try:
                await retry_while_unavailable(apply, self.job.check_lease, self.retry_interval)
            except ChangedMeanwhile:
                raise LeaseLost("another run has settled this delivery") from None
            self.unsettled -= 1
        return settled
