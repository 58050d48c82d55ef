"""The steps of an event's way, as they are kept."""

import json

from bot.errors import CorruptRecord
from bot.model import Step, from_ms, to_ms


def encode_step(step: Step) -> str:
    return json.dumps(
        {
            "at": to_ms(step.at),
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
