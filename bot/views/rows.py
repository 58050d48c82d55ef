"""What templates see of events and deliveries: text, numbers and seconds since 1970."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from bot.model import Delivery, DeliveryState, Destination, Transport, retry_command
from bot.transports.slack.ids import is_channel, is_user

Row = Mapping[str, Any]

_TROUBLE_FIRST = tuple(
    DeliveryState(name) for name in ("failed", "retrying", "sending", "pending", "sent", "skipped")
)
_PLACES = 5
_NOTICES = 4


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def place_row(destination: Destination) -> Row:
    """A destination, and whether Slack can show it by its name."""
    address = destination.address
    if destination.transport is Transport.SLACK and is_channel(address):
        return {"kind": "channel", "address": address}
    if destination.transport is Transport.SLACK and is_user(address):
        return {"kind": "user", "address": address}
    return {"kind": str(destination.transport), "address": address}


def delivery_row(delivery: Delivery) -> Row:
    return {
        "id": delivery.id,
        "state": str(delivery.state),
        "place": place_row(delivery.destination),
        "attempts": delivery.attempts,
        "reason": delivery.reason,
        "next_at": epoch(delivery.next_at) if delivery.next_at else None,
        "maybe_delivered": delivery.maybe_delivered,
        "retry": retry_command(delivery.id),
    }


def outcome_rows(deliveries: Sequence[Delivery]) -> list[Row]:
    """Deliveries that fared alike as one row with all their places, what is in trouble first."""
    ranked = sorted(deliveries, key=_likeness)
    rows: list[Row] = []
    for _, alike in groupby(ranked, key=_likeness):
        group = list(alike)
        rows.append(
            {
                **delivery_row(group[0]),
                "places": [place_row(d.destination) for d in group[:_PLACES]],
                "more_places": max(0, len(group) - _PLACES),
            }
        )
    return rows


def split_notices(deliveries: Sequence[Delivery]) -> tuple[list[Delivery], list[Delivery]]:
    """The deliveries that tell of the event, and the notices that tell the operators of a failure."""
    notices = [delivery for delivery in deliveries if delivery.is_notice]
    return [delivery for delivery in deliveries if not delivery.is_notice], notices


def notice_rows(notices: Sequence[Delivery]) -> Row:
    """How the operators were told of failures, and how much of that is left out."""
    rows = outcome_rows(notices)
    return {"notices": rows[:_NOTICES], "more_notices": max(0, len(rows) - _NOTICES)}


def _likeness(delivery: Delivery) -> tuple[int, str, int, str]:
    due = epoch(delivery.next_at) if delivery.next_at else 0
    rank = _TROUBLE_FIRST.index(delivery.state)
    return rank, delivery.notification.template, due, delivery.reason
