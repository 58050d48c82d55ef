"""The JSON of deliveries and of steps of a timeline, as `stored_event` describes it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from bot.model import (
    Audience,
    DeadLetter,
    Delivery,
    DeliveryState,
    Destination,
    Step,
    from_ms,
    to_ms,
)

_MS = timedelta(milliseconds=1)
UNREADABLE = (ValueError, KeyError, TypeError, OverflowError, AttributeError)
"""What decoding raises for a value that another program has damaged."""

_KEPT = {"n", "at", "received", "updated", "created", "concluded", "next"}
_KEPT |= {"type", "state", "audience", "template"}
"""What is written of an event or a delivery even if it is zero or empty."""
_AFTER_ALL = to_ms(datetime(2200, 1, 1, tzinfo=UTC))


def encode_delivery(delivery: Delivery, number: int, received_at: datetime) -> str:
    created_at = delivery.created_at
    return compact_json(
        n=number,
        to=str(delivery.destination or ""),
        audience=delivery.audience,
        template=delivery.template,
        about=str(delivery.about or ""),
        state=delivery.state,
        created=to_ms(created_at) if created_at != received_at else None,
        updated=to_ms(delivery.updated_at),
        attempts=delivery.attempts,
        next=delivery.next_at and to_ms(delivery.next_at),
        reason=delivery.reason,
        receipt=delivery.receipt,
        maybe_delivered=delivery.maybe_delivered,
        waits=delivery.waits,
        own_job=delivery.own_job,
        token=delivery.token,
        rule=delivery.rule,
        missed=delivery.missed,
        message=delivery.message,
        earlier_message=delivery.earlier_message,
        shown=delivery.shown,
    )


def decode_delivery(
    event_id: str, delivery_id: str, value: bytes, received_at: datetime
) -> tuple[int, Delivery]:
    """Return a delivery and its number.

    Raises:
        one of UNREADABLE: if it is damaged.
    """
    kept: Mapping[str, Any] = from_json(value)
    return int(kept["n"]), Delivery(
        id=delivery_id,
        event_id=event_id,
        audience=Audience(kept["audience"]),
        template=str(kept["template"]),
        destination=Destination.parse(kept["to"]) if "to" in kept else None,
        about=DeadLetter.parse(kept["about"]) if "about" in kept else None,
        state=DeliveryState(kept["state"]),
        created_at=from_ms(kept["created"]) if "created" in kept else received_at,
        updated_at=from_ms(kept["updated"]),
        attempts=int(kept.get("attempts", 0)),
        next_at=from_ms(kept["next"]) if "next" in kept else None,
        reason=str(kept.get("reason", "")),
        receipt=str(kept.get("receipt", "")),
        maybe_delivered=kept.get("maybe_delivered") is True,
        waits=int(kept.get("waits", 0)),
        own_job=kept.get("own_job") is True,
        token=str(kept.get("token", "")),
        rule=str(kept.get("rule", "")),
        missed=kept.get("missed") is True,
        message=str(kept.get("message", "")),
        earlier_message=str(kept.get("earlier_message", "")),
        shown=str(kept.get("shown", "")),
    )


def encode_step(step: Step, number: int | None, received_at: datetime) -> str:
    """Return a line of the trail, with the time precise to the microsecond."""
    after, about = round((step.at - received_at) / _MS, 3), [number, step.detail]
    while about and about[-1] in {None, ""}:
        about.pop()
    return to_json([after, step.what, *about]).decode() + "\n"


def compact_json(**values: object) -> str:
    """Return compact JSON without values that are empty, false or zero, unless they are `_KEPT`."""
    kept = {k: v for k, v in values.items() if v or (k in _KEPT and v is not None)}
    return to_json(kept).decode()


def decode_step(line: bytes, received_at: datetime, deliveries: Mapping[int, Delivery]) -> Step:
    """Return the step of a line, which is about one of the deliveries, by their numbers, or none.

    Raises:
        one of UNREADABLE: if it is damaged.
    """
    after, what, number, detail = [*from_json(line), None, None][:4]
    delivery = deliveries.get(number)
    about = (delivery.id, str(delivery.destination or "")) if delivery else ("", "")
    return Step(received_at + after * _MS, str(what), *about, str(detail or ""))


def waiting_member(delivery: Delivery) -> tuple[str, int]:
    """Return what stands for the delivery among those that wait for its destination, and its score.

    Those that are to be sent come before all that were missed, which may be many.
    """
    since = to_ms(delivery.updated_at)
    return f"{delivery.id}:{delivery.event_id}", since + (_AFTER_ALL if delivery.missed else 0)
