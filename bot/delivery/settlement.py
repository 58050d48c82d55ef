"""Writes the outcomes of a run's attempts, and ends the run with the last one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.errors import DeliveryError, LeaseLost
from bot.model import Delivery
from bot.model.outgoing import ARCHIVED
from bot.model.subscription import Place
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import DONE, ChangedMeanwhile, Run
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

    store: Store
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
                await self.store.commits.apply(change, self.job.run, end)
                return True

            try:
                await retry_while_unavailable(apply, self.job.check_lease, self.retry_interval)
            except ChangedMeanwhile:
                raise LeaseLost("another run has settled this delivery") from None
            self.unsettled -= 1
        return settled

    async def pause(self, delivery: Delivery, error: DeliveryError | None) -> Place | None:
        """Pause the delivery's destination if it is gone, and return it; None if it is not.

        A channel of the settings that was never there is an error of the operators instead, and what a
        test finds out is told to the person who sent it.

        Raises:
            LeaseLost: if another worker has the job by now.
        """
        to, gone = delivery.destination, error.gone if error else ""
        if to is None or not gone or delivery.is_notice or self.stored.event.only:
            return None
        if not delivery.rule and gone != ARCHIVED:
            return None
        paused = Place(paused=gone, paused_by=delivery.event_id)

        def edit(place: Place) -> Place:
            return (
                place if place.paused else replace(place, paused=gone, paused_by=paused.paused_by)
            )

        async def apply() -> bool:
            nonlocal paused
            paused = await self.store.places.edit(to, edit, self.clock())
            return True

        await retry_while_unavailable(apply, self.job.check_lease, self.retry_interval)
        return paused
