"""What waits for one destination, and how each of these deliveries begins and ends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from bot.delivery import transitions
from bot.errors import DeliveryError
from bot.model import DeadLetter, Delivery, DeliveryState
from bot.store import Store
from bot.store.change import Change
from bot.store.queue import JobId, Task
from bot.store.waiting import WaitingDelivery, WaitingPage


class Batch:
    """What waits for a destination, and one change for each of its events."""

    def __init__(self, waiting: Sequence[WaitingDelivery], now: datetime) -> None:
        self.waiting = waiting
        self.now = now
        self._changes = {w.stored.id: Change(w.stored, now) for w in waiting}

    @property
    def all_changes(self) -> list[Change]:
        return list(self._changes.values())

    def change_of(self, waiting: WaitingDelivery) -> Change:
        return self._changes[waiting.stored.id]

    def end(self, found: Sequence[WaitingDelivery], reason: DeliveryError | str) -> None:
        """End these, which are not to be sent or cannot be."""
        for waiting in found:
            drop(self.change_of(waiting), waiting.delivery, reason)


def drop(change: Change, delivery: Delivery, reason: DeliveryError | str) -> None:
    """End a delivery that is not to be sent, or cannot be."""
    if delivery.missed:
        change.put(replace(delivery, missed=False, message=""))
    elif isinstance(reason, DeliveryError):
        is_interrupted = delivery.state is DeliveryState.SENDING
        maybe_delivered = delivery.maybe_delivered or is_interrupted
        transitions.failed(change, delivery, reason.reason, maybe_delivered=maybe_delivered)
    else:
        transitions.skipped(change, delivery, reason)


def mark(change: Change, delivery: Delivery, message: str) -> Delivery:
    """Mark the delivery as carried by the message, or one that was missed as told by it."""
    is_begun = delivery.message == message
    if not is_begun:
        delivery = replace(delivery, message=message, attempts=0)  # those of the message count
    if not delivery.missed:
        return transitions.begin(change, delivery, uuid4().hex[:12])
    interrupted = is_begun and delivery.next_at is None
    marked = replace(
        delivery,
        attempts=delivery.attempts + 1,
        maybe_delivered=delivery.maybe_delivered or interrupted,
        next_at=None,
    )
    change.put(marked)
    return marked


def settle_missed(
    change: Change, delivery: Delivery, due_at: datetime | None, error: DeliveryError | None
) -> None:
    if error is None or due_at is None:
        change.put(replace(delivery, missed=False, message="", maybe_delivered=False))
        return
    maybe_delivered = error.maybe_delivered or delivery.maybe_delivered
    change.put(replace(delivery, next_at=due_at, maybe_delivered=maybe_delivered))


async def report_damage(store: Store, page: WaitingPage, now: datetime) -> None:
    """Make dead letters of what another program has damaged."""
    for stored, delivery_id in page.unreadable:
        change = Change(stored, now)
        change.add_dead_letter(DeadLetter(stored.id, delivery_id))
        change.step("failed", detail=f"delivery {delivery_id} is not readable in Redis")
        await store.commits.apply(change)
    for event_id in page.corrupt:  # its job does
        job = JobId(Task.EVENT, event_id)
        await store.reconciliation.restore_job(job, now, awaited_by=event_id)
