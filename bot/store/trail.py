"""The steps of an event's way, as they are kept."""

import json

from bot.errors import CorruptRecord
from bot.model import Step, from_ms


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
