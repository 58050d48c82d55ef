"""The steps of an event's way, as they are kept."""

import json
from datetime import datetime

from bot.errors import CorruptRecord
from bot.model import Delivery, DeliveryState, Step, duration, from_ms


def encode_step(step: Step) -> str:
    """JSON, with the moment in milliseconds since 1970 to the microsecond: steps follow closely."""
    return json.dumps(
        {
            "at": round(step.at.timestamp() * 1000, 3),
            "what": step.what,
            "delivery": step.delivery_id,
            "to": step.destination,
            "detail": step.detail,
        }
    )


def decode_step(raw: bytes) -> Step:
    """Read a step back.

    Raises:
        CorruptRecord: if this program did not write it.
    """
    try:
        kept = json.loads(raw)
        return Step(
            at=from_ms(kept["at"]),
            what=str(kept["what"]),
            delivery_id=str(kept["delivery"]),
            destination=str(kept["to"]),
            detail=str(kept["detail"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise CorruptRecord("a step of an event's trail is not readable") from error


def interruption(delivery: Delivery, now: datetime) -> str:
    """What the trail tells of an attempt that follows one which did not come to its end.

    The delivery is as it was read before it was claimed: most often while that attempt had it.
    """
    if delivery.state is not DeliveryState.SENDING:
        return "interrupted, taken over"
    return f"interrupted, taken over {duration(now - delivery.updated_at)} after it began"


def delivery_step(delivery: Delivery, now: datetime, what: str, detail: str = "") -> Step:
    return Step(now, what, delivery.id, str(delivery.destination or ""), detail)
