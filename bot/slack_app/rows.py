"""What Slack's templates see of events and deliveries: text, numbers and seconds since 1970."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from bot.model import Delivery, DeliveryState, Destination, Transport, retry_command
from bot.transports.slack.ids import is_channel, is_user
from bot.views.event import EventView

Row = Mapping[str, Any]

_FAILURES_FIRST = tuple(
    DeliveryState(name) for name in ("failed", "retrying", "sending", "pending", "sent", "skipped")
)
_MAX_PLACES = 5
_MAX_NOTICES = 4


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def event_row(event: EventView) -> Row:
    """The event without its deliveries; its notices grouped by outcome, the first few of them."""
    notices = outcome_rows(event.notices)
    return {
        "id": event.id,
        "type": event.type,
        "summary": event.summary,
        "at": epoch(event.occurred_at),
        "state": str(event.state),
        "reason": event.reason,
        "retry": retry_command(event.id),
        "notices": notices[:_MAX_NOTICES],
        "more_notices": max(0, len(notices) - _MAX_NOTICES),
    }


def outcome_rows(deliveries: Sequence[Delivery]) -> list[Row]:
    """One row for all deliveries with the same outcome, listing their places; failures come first."""
    rows: list[Row] = []
    for _, same in groupby(sorted(deliveries, key=_outcome), key=_outcome):
        group = list(same)
        rows.append(
            {
                **delivery_row(group[0]),
                "places": [place_row(d.destination) for d in group[:_MAX_PLACES]],
                "more_places": max(0, len(group) - _MAX_PLACES),
            }
        )
    return rows


def _outcome(delivery: Delivery) -> tuple[int, str, int, str]:
    due = epoch(delivery.next_at) if delivery.next_at else 0
    rank = _FAILURES_FIRST.index(delivery.state)
    return rank, delivery.notification.template, due, delivery.reason


def delivery_row(delivery: Delivery) -> Row:
    return {
        "state": str(delivery.state),
        "place": place_row(delivery.destination),
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "next_at": epoch(delivery.next_at) if delivery.next_at else None,
        "maybe_delivered": delivery.maybe_delivered,
        "retry": retry_command(delivery.id),
    }


def place_row(destination: Destination | None) -> Row:
    """A destination by its kind: Slack shows a channel or a user by name."""
    if destination is None:
        return {"kind": "none", "address": ""}
    address, in_slack = destination.address, destination.transport is Transport.SLACK
    if in_slack and is_channel(address):
        return {"kind": "channel", "address": address}
    if in_slack and is_user(address):
        return {"kind": "user", "address": address}
    return {"kind": str(destination.transport), "address": address}
