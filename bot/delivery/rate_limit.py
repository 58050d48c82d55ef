"""Turns at a destination that asked for patience: whoever comes while it rests queues up behind."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.outgoing import RateLimit

_EARLY = 0.05


@dataclass(slots=True)
class _Queue:
    free_at: float = 0.0
    turns: dict[str, float] = field(default_factory=dict)


class Turns:
    """The turns that one process gives.

    Without them every waiting delivery would call again at the same moment, and all but one would be
    sent away once more.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._queues: dict[str, _Queue] = {}

    def wait(self, limit: RateLimit, delivery_id: str) -> timedelta:
        """How long it is until the delivery's turn; nothing if that is now."""
        queue = self._queues.get(limit.key)
        if queue is None:
            return timedelta()
        now = self._monotonic()
        if queue.free_at <= now:
            del self._queues[limit.key]
            return timedelta()
        turn = queue.turns.pop(delivery_id, None)
        if turn is not None and turn - _EARLY <= now:
            return timedelta()
        return self._line_up(queue, limit, delivery_id, queue.free_at)

    def rest(self, limit: RateLimit, delivery_id: str, after: timedelta) -> timedelta:
        """Give a delivery that was refused its turn, `after` or later; returns how long it is until then.

        No two turns are the same: deliveries that were refused at the same moment, or were late for
        their turn, would only be refused again, all but one of them.
        """
        queue = self._queues.setdefault(limit.key, _Queue())
        turn = self._monotonic() + after.total_seconds()
        return max(after, self._line_up(queue, limit, delivery_id, max(turn, queue.free_at)))

    def _line_up(self, queue: _Queue, limit: RateLimit, delivery_id: str, turn: float) -> timedelta:
        queue.turns[delivery_id] = turn
        queue.free_at = turn + limit.spacing.total_seconds()
        return timedelta(seconds=max(0.0, turn - self._monotonic()))
