"""The frame around every event: an `id`, a `type`, a `timestamp` and `data`. No I/O, no clock."""

from datetime import datetime

from pydantic_core import from_json

from bot.errors import InvalidEnvelope
from bot.model import Event, in_utc

_LONGEST_NAME = 200
_NO_TIMESTAMP = "timestamp must be an ISO 8601 date and time"


def parse_envelope(body: bytes) -> Event:
    """Read the event out of a body whose signature holds.

    pydantic's parser refuses what is legal JSON and still an attack: nesting beyond 200 levels,
    integers beyond 4,300 digits, lone surrogates, a byte order mark, NaN.

    Raises:
        InvalidEnvelope: with a sentence that says what to mend.
    """
    try:
        envelope = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidEnvelope(f"the body is not JSON that can be read: {error}") from None
    if not isinstance(envelope, dict):
        raise InvalidEnvelope("the body must be a JSON object")
    data = envelope.get("data")
    if not isinstance(data, dict):
        raise InvalidEnvelope("data must be a JSON object")
    return Event(
        id=_name(envelope, "id"),
        type=_name(envelope, "type"),
        timestamp=_timestamp(envelope),
        data=data,
        test=envelope.get("test") is True,
    )


def _name(envelope: dict[str, object], field: str) -> str:
    value = envelope.get(field)
    if not isinstance(value, str) or not value.strip():
        raise InvalidEnvelope(f"{field} must be a string, and not empty")
    if len(value) > _LONGEST_NAME:
        raise InvalidEnvelope(f"{field} must have at most {_LONGEST_NAME} characters")
    return value


def _timestamp(envelope: dict[str, object]) -> datetime:
    value = envelope.get("timestamp")
    if not isinstance(value, str):
        raise InvalidEnvelope(_NO_TIMESTAMP)
    try:
        return in_utc(datetime.fromisoformat(value))
    except ValueError:
        raise InvalidEnvelope(_NO_TIMESTAMP) from None
