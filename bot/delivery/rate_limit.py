"""Spreads deliveries over time once their destination has rate limited one of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.outgoing import RateLimit

_EARLY_TOLERANCE = 0.05
"""How many seconds before its slot a delivery may be sent."""


@dataclass(slots=True)
class _Queue:
    next_slot: float = 0.0
    slots: dict[str, float] = field(default_factory=dict)


class RateLimiter:
    """Reserves a time slot for each delivery behind a rate limit, within this process.

    Without it, all waiting deliveries would call at the same moment, and all but one would be rate
    limited again.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._queues: dict[str, _Queue] = {}

    def delay(self, limit: RateLimit, delivery_id: str) -> timedelta:
        """Return how long the delivery has to wait: zero if it can be sent now."""
        queue = self._queues.get(limit.key)
        if queue is None:
            return timedelta()
        now = self._monotonic()
        if queue.next_slot <= now:
            del self._queues[limit.key]
            return timedelta()
        slot = queue.slots.pop(delivery_id, None)
        if slot is not None and slot - _EARLY_TOLERANCE <= now:
            return timedelta()
        return self._reserve(queue, limit, delivery_id, queue.next_slot)

    def back_off(self, limit: RateLimit, delivery_id: str, after: timedelta) -> timedelta:
        """Return how long a rate limited delivery has to wait: `after`, or until the next free slot.

        No two deliveries get the same slot, or all but one would be rate limited again.
        """
        queue = self._queues.setdefault(limit.key, _Queue())
        slot = max(self._monotonic() + after.total_seconds(), queue.next_slot)
        return max(after, self._reserve(queue, limit, delivery_id, slot))

    def _reserve(self, queue: _Queue, limit: RateLimit, delivery_id: str, slot: float) -> timedelta:
        queue.slots[delivery_id] = slot
        queue.next_slot = slot + limit.spacing.total_seconds()
        return timedelta(seconds=max(0.0, slot - self._monotonic()))
