"""The steps of an event's timeline, as Redis keeps them."""

import json
from datetime import datetime

from bot.errors import CorruptRecord
from bot.model import Delivery, DeliveryState, Step, duration, from_ms


def encode_step(step: Step) -> str:
    """Return JSON, with the time in milliseconds since 1970, precise to the microsecond."""
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
    """Return the step that `encode_step` has written.

    Raises:
        CorruptRecord: if it is not readable.
    """
    try:
        kept = json.loads(raw)
        texts = (str(kept[name]) for name in ("what", "delivery", "to", "detail"))
        return Step(from_ms(kept["at"]), *texts)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise CorruptRecord("a step of an event's timeline is not readable") from error


def interruption(delivery: Delivery, now: datetime) -> str:
    """Return the detail of a step that begins an attempt after an interrupted one.

    `delivery` is as read before the claim, which is usually the state that the interrupted attempt left.
    """
    if delivery.state is not DeliveryState.SENDING:
        return "interrupted, taken over"
    return f"interrupted, taken over {duration(now - delivery.updated_at)} after it began"


def delivery_step(delivery: Delivery, now: datetime, what: str, detail: str = "") -> Step:
    return Step(now, what, delivery.id, str(delivery.destination or ""), detail)
