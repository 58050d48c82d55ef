"""Records metrics with few labels."""

from bisect import bisect_left
from collections.abc import Collection

from bot.model import Transport
from bot.store.counters import Counters

ACCEPTED = "events_accepted"
DUPLICATE = "events_duplicate"
REJECTED = "events_rejected"
DELIVERIES = "deliveries"
NOTICES = "notices"
ATTEMPT = "attempt_seconds"
ARRIVAL = "delivery_seconds"

OTHER = "other"
"""The type of all events without a handler, so that unknown types add no time series."""

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600, 43_200)
"""Upper bounds of the histograms in seconds: from a quick call to the last retry."""


class Metrics:
    """Records metrics without waiting for Redis; its methods never fail.

    `types` are the event types with a handler.
    """

    def __init__(self, counters: Counters, types: Collection[str]) -> None:
        self._counters = counters
        self._types = frozenset(types)

    def accepted(self, event_type: str) -> None:
        self._counters.add(ACCEPTED, type=event_type if event_type in self._types else OTHER)

    def duplicate(self) -> None:
        self._counters.add(DUPLICATE)

    def rejected(self, reason: str) -> None:
        """Count a refused request; `reason` is IntakeError's."""
        self._counters.add(REJECTED, reason=reason)

    def count_outcome(self, transport: Transport, outcome: str) -> None:
        """Count an attempt that left the delivery in the state `outcome`."""
        self._counters.add(DELIVERIES, channel=transport, outcome=outcome)

    def count_notice(self, transport: Transport, outcome: str) -> None:
        """Count an attempt at a notice to operators."""
        self._counters.add(NOTICES, channel=transport, outcome=outcome)

    def observe_call(self, transport: Transport, seconds: float) -> None:
        """Record how long a call to the service took."""
        self._observe(ATTEMPT, transport, seconds)

    def observe_latency(self, transport: Transport, seconds: float) -> None:
        """Record how long it took from the event's arrival until the message was sent."""
        self._observe(ARRIVAL, transport, seconds)

    def _observe(self, name: str, transport: Transport, seconds: float) -> None:
        place = bisect_left(BUCKETS, seconds)
        bound = f"{BUCKETS[place]:g}" if place < len(BUCKETS) else "+Inf"
        self._counters.add(name, channel=transport, le=bound)
        self._counters.add(f"{name}_sum", max(0.0, seconds), channel=transport)
