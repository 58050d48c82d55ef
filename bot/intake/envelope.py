"""Parses the envelope of an event: `id`, `type`, `timestamp` and `data`. No I/O, no clock."""

from datetime import datetime

from pydantic_core import from_json

from bot.errors import InvalidEnvelope
from bot.model import Event, canonical_event, id_text, read_moment

_MAX_NAME_LENGTH = 200


def parse_envelope(body: bytes, received_at: datetime, webhook_id: str | None = None) -> Event:
    """Parse a body whose signature is valid into an event with canonical names.

    `webhook_id` comes from a header that the signature covers; it is used if the body has no `id`. An
    event without a timestamp gets `received_at`.

    pydantic's parser rejects hostile JSON, even if it is legal: nesting beyond 200 levels, integers
    beyond 4,300 digits, lone surrogates, a byte order mark, NaN.

    Raises:
        InvalidEnvelope: with a sentence that says what to fix.
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
    return canonical_event(
        _id(envelope, webhook_id),
        _name("type", envelope.get("type"), "a string"),
        _timestamp(envelope, received_at),
        data,
        test=envelope.get("test") is True,
    )


def _id(envelope: dict[str, object], webhook_id: str | None) -> str:
    given = envelope.get("id")
    if given is None and webhook_id is not None:
        return _name("webhook-id", webhook_id, "a string")
    return _name("id", id_text(given), "a string or a whole number")


def _name(field: str, value: object, kind: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidEnvelope(f"{field} must be {kind}, and not empty")
    if len(value) > _MAX_NAME_LENGTH:
        raise InvalidEnvelope(f"{field} must have at most {_MAX_NAME_LENGTH} characters")
    return value


def _timestamp(envelope: dict[str, object], received_at: datetime) -> datetime:
    given = envelope.get("timestamp")
    if given is None:
        return received_at
    try:
        return read_moment(given)
    except ValueError as error:
        raise InvalidEnvelope(f"timestamp {error}") from None
