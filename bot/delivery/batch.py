"""What waits for one destination, and how each of these deliveries begins and ends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from bot.delivery import transitions
from bot.errors import DeliveryError
from bot.model import Delivery
from bot.store.change import Change
from bot.store.waiting import WaitingDelivery


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

    def end_all(self, reason: DeliveryError | str) -> None:
        for waiting in self.waiting:
            drop(self.change_of(waiting), waiting.delivery, reason)


def drop(change: Change, delivery: Delivery, reason: DeliveryError | str) -> None:
    """End a delivery that is not to be sent, or cannot be."""
    if delivery.missed:
        change.put(replace(delivery, missed=False, message=""))
    elif isinstance(reason, DeliveryError):
        maybe_delivered = delivery.maybe_delivered
        transitions.failed(change, delivery, reason.reason, maybe_delivered=maybe_delivered)
    else:
        transitions.skipped(change, delivery, reason)


def mark(change: Change, delivery: Delivery, message: str) -> Delivery:
    """Mark the delivery as carried by the message, or one that was missed as told by it."""
    if not delivery.missed:
        return transitions.begin(change, replace(delivery, message=message), uuid4().hex[:12])
    interrupted = bool(delivery.message) and delivery.next_at is None
    marked = replace(
        delivery,
        message=message,
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
