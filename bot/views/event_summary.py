"""A one-sentence summary of any event: what its message says, or else its type and first details."""

from collections.abc import Callable

import structlog

from bot.model import Event, in_words
from bot.rendering.graphemes import cut

Describe = Callable[[Event], str | None]
"""Returns what the event's message says, as one sentence of plain text; None if it has none."""

_log = structlog.get_logger()

_MAX_LENGTH = 140
_MAX_DETAILS = 3
_MAX_DETAIL_LENGTH = 60


def summarize_event(event: Event, *, has_deliveries: bool, describe: Describe | None = None) -> str:
    """Return a sentence of plain text. The event's data may be any JSON.

    Without `describe` the sentence is made from the event alone.
    """
    described = _described(event, describe) if describe and has_deliveries else None
    if described:
        return cut(described, _MAX_LENGTH)
    details = ", ".join(_details(event))
    kind = in_words(event.type) or "An event without a type"
    sentence = f"{kind} ({details})" if details else kind
    return cut(f"Test: {sentence}" if event.test else sentence, _MAX_LENGTH)


def _described(event: Event, describe: Describe) -> str | None:
    try:
        return describe(event)
    except Exception as error:  # noqa: BLE001  # an older release accepted the event, or the handler has a bug
        _log.warning("event not described", event_id=event.id, fault=type(error).__name__)
        return None


def _details(event: Event) -> list[str]:
    """Return the first few short values of the data. Links are left out: not every reader may use them."""
    data: object = event.data
    if not isinstance(data, dict):
        return []
    details = [
        f"{name} {value}"
        for name, value in data.items()
        if isinstance(value, str | int | float) and "://" not in str(value)
    ]
    return [detail for detail in details if len(detail) <= _MAX_DETAIL_LENGTH][:_MAX_DETAILS]
