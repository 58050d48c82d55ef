"""What happened, in one sentence, of any event: what its message said, else what its data says."""

import re
from collections.abc import Sequence

from bot.errors import RenderError
from bot.model import Delivery, Event
from bot.rendering.graphemes import cut
from bot.slack_app.render import Describe
from bot.transports.slack.mrkdwn import as_plain_text

_LONGEST = 140
_FACTS = 3
_LONGEST_FACT = 60


def summarize_event(event: Event, deliveries: Sequence[Delivery], describe: Describe) -> str:
    """One sentence of plain text, from data that may be anything."""
    for delivery in deliveries[:1]:
        try:
            return cut(as_plain_text(describe(delivery.notification), links=False), _LONGEST)
        except RenderError:
            # What an older release has stored may not fit today's template.
            break
    facts = ", ".join(_facts(event))
    said = f"{_in_words(event.type)} ({facts})" if facts else _in_words(event.type)
    return cut(f"Test: {said}" if event.test else said, _LONGEST)


def _in_words(event_type: str) -> str:
    """`profile.enriched` as `Profile enriched`."""
    words = " ".join(re.split(r"[._\s-]+", event_type)).strip()
    return words[:1].upper() + words[1:] or "An event without a type"


def _facts(event: Event) -> list[str]:
    """The first few details that are short, and no links: those are for who they were sent to."""
    data: object = event.data
    if not isinstance(data, dict):
        return []
    shown = [
        f"{name} {value}"
        for name, value in data.items()
        if isinstance(value, str | int | float) and "://" not in str(value)
    ]
    return [fact for fact in shown if len(fact) <= _LONGEST_FACT][:_FACTS]
