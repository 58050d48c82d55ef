"""What is said about an event whose type has no handler: its type in words, and its plain values."""

from collections.abc import Mapping

from pydantic import JsonValue

from bot.model import Audience, Context, Event, Notify, in_words

OTHER_TEMPLATE = "other_event"
_MAX_FACTS = 20


def notify_of_other(event: Event) -> Notify:
    """Return the notification for those who subscribed to the event's type, whatever its data holds.

    Lists and objects in the data are left out, and so are empty values.
    """
    data = event.data if isinstance(event.data, Mapping) else {}
    facts: list[JsonValue] = [
        _fact(name, value) for name, value in data.items() if _is_shown(value)
    ]
    context: Context = {
        "headline": in_words(event.type) or "Juicebox event",
        "facts": facts[:_MAX_FACTS],
        "leftOut": max(0, len(facts) - _MAX_FACTS),
    }
    return Notify(
        Audience.RECRUITERS, OTHER_TEMPLATE, context, thread=f"event:{event.id}", opt_in=True
    )


def _is_shown(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and bool(value.strip()))


def _fact(name: str, value: object) -> JsonValue:
    """Return the label and the value as text: a number as it was sent, since it may be an id."""
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value).strip()
    return [in_words(name) or "Value", text]
