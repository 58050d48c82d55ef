"""A one-sentence summary of any event: what its message says, or else its type and first details."""

import re
from collections.abc import Callable, Sequence

from bot.errors import RenderError
from bot.model import Delivery, Event, Notification
from bot.rendering.graphemes import cut

Describe = Callable[[Notification], str]
"""Returns what a notification says, as one sentence of plain text; may raise RenderError."""

_MAX_LENGTH = 140
_MAX_DETAILS = 3
_MAX_DETAIL_LENGTH = 60


def summarize_event(
    event: Event, deliveries: Sequence[Delivery], describe: Describe | None = None
) -> str:
    """Return a sentence of plain text. The event's data may be any JSON.

    Without `describe` the sentence is made from the event alone.
    """
    if describe and deliveries:
        try:
            return cut(describe(deliveries[0].notification), _MAX_LENGTH)
        except RenderError:
            # A notification stored by an older release may not fit today's template.
            pass
    details = ", ".join(_details(event))
    sentence = f"{_in_words(event.type)} ({details})" if details else _in_words(event.type)
    return cut(f"Test: {sentence}" if event.test else sentence, _MAX_LENGTH)


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
