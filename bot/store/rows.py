"""Deliveries as Redis hashes."""

import json
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from bot.errors import CorruptRecord
from bot.model import Delivery, DeliveryState, Destination, Notification, from_ms, to_ms

MAYBE_DELIVERED = "unsure"
"""The name of the field in Redis since release 0.1.0."""

_NO_DESTINATION = "nobody:"
"""What is stored for a delivery that was skipped for lack of a destination."""

_notification = TypeAdapter(Notification)


def encode_rows(deliveries: Sequence[Delivery], owner: str) -> list[str]:
    """Return for each delivery its id and its fields, as the JSON array that `open.lua` expects."""
    rows: list[str] = []
    for delivery in deliveries:
        fields = {
            "notification": _notification.dump_json(delivery.notification).decode(),
            "destination": str(to) if (to := delivery.destination) else _NO_DESTINATION,
            "state": delivery.state,
            "created_at": str(to_ms(delivery.created_at)),
            "updated_at": str(to_ms(delivery.updated_at)),
            "attempts": "0",
            "reason": delivery.reason,
            "owner": owner,
        }
        rows += [delivery.id, json.dumps([part for pair in fields.items() for part in pair])]
    return rows


def decode_row(delivery_id: str, row: Mapping[bytes, bytes]) -> Delivery:
    """Return the delivery that a hash holds.

    Raises:
        CorruptRecord: if the hash is not readable.
    """

    def text(name: bytes) -> str:
        return row.get(name, b"").decode()

    try:
        to = text(b"destination")
        return Delivery(
            id=delivery_id,
            notification=_notification.validate_json(row[b"notification"]),
            destination=None if to.startswith(_NO_DESTINATION) else Destination.parse(to),
            state=DeliveryState(text(b"state")),
            created_at=from_ms(row[b"created_at"]),
            updated_at=from_ms(row[b"updated_at"]),
            attempts=int(row[b"attempts"]),
            next_at=from_ms(text(b"next_at")) if text(b"next_at") else None,
            reason=text(b"reason"),
            receipt=text(b"receipt"),
            maybe_delivered=text(MAYBE_DELIVERED.encode()) == "1",
            waits=int(text(b"waits") or 0),
        )
    except (ValueError, KeyError, OverflowError) as error:
        raise CorruptRecord(f"delivery {delivery_id} is not readable in Redis") from error
