"""A one-sentence summary of any event: what its message says, or else its type and first details."""

import re
from collections.abc import Callable

from bot.model import Event
from bot.rendering.graphemes import cut

Describe = Callable[[Event], str | None]
"""Returns what the event's message says, as one sentence of plain text; None if it has none."""

_MAX_LENGTH = 140
_MAX_DETAILS = 3
_MAX_DETAIL_LENGTH = 60


def summarize_event(event: Event, *, has_deliveries: bool, describe: Describe | None = None) -> str:
    """Return a sentence of plain text. The event's data may be any JSON.

    Without `describe` the sentence is made from the event alone.
    """
    said = _said(event, describe) if describe and has_deliveries else None
    if said:
        return cut(said, _MAX_LENGTH)
    details = ", ".join(_details(event))
    sentence = f"{_in_words(event.type)} ({details})" if details else _in_words(event.type)
    return cut(f"Test: {sentence}" if event.test else sentence, _MAX_LENGTH)


def _said(event: Event, describe: Describe) -> str | None:
    try:
        return describe(event)
    except Exception:  # noqa: BLE001  # of an older release's event, or a handler with a bug
        return None


def _in_words(event_type: str) -> str:
    """Return `profile.enriched` as `Profile enriched`."""
    words = " ".join(re.split(r"[._\s-]+", event_type)).strip()
    return words[:1].upper() + words[1:] or "An event without a type"


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
