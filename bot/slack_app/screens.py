"""Functions that Slack's screen templates may call."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from bot.model import Delivery, DeliveryState, duration
from bot.transports.slack.ids import is_channel, is_user

_FAILURES_FIRST = tuple(
    DeliveryState(name)
    for name in ("failed", "retrying", "sending", "pending", "held", "sent", "skipped")
)


def outcomes(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """Return the deliveries in groups of the same outcome; failures come first."""
    return [list(group) for _, group in groupby(sorted(deliveries, key=_outcome), key=_outcome)]


def _outcome(delivery: Delivery) -> tuple[int, str, int, str]:
    due = int(delivery.next_at.timestamp()) if delivery.next_at else 0
    rank = _FAILURES_FIRST.index(delivery.state)
    return rank, delivery.template, due, delivery.reason


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "duration": duration,
    "is_channel": is_channel,
    "is_user": is_user,
    "outcomes": outcomes,
}
