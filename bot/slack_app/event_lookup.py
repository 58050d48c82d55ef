"""`/juicebox status <event id>`: finds the event whose id was typed or copied."""

import re
from collections.abc import Iterable

from bot.store import Store
from bot.transports.slack.mrkdwn import unescape
from bot.views.event import EventView, load_event
from bot.views.event_summary import Describe

_QUOTES = (
    "\"'`\u00ab\u00b4\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
    "\u300c\u300d\u300e\u300f\u301d\u301e\u301f\uff02\uff07 \t\n\u00a0\u200b\u2060\ufeff"
)
"""Quotation marks of all kinds, and spaces, visible or not, that are copied along with them."""
_SENTENCE_ENDS = ".,;:!?)…"
_COPIED = re.compile(r"\Aevent\s+", re.IGNORECASE | re.ASCII)


async def find_event(store: Store, text: str, describe: Describe) -> EventView | None:
    """Return the event whose id was typed or copied; seven round trips to Redis at most.

    Raises:
        CorruptRecord: if the event or its trail is not readable.
        redis.RedisError: if Redis does not answer.
    """
    for event_id in _possible_ids(text):
        event = await load_event(store, event_id, describe)
        if event is not None:
            return event
    return None


def _possible_ids(text: str) -> Iterable[str]:
    """Return the ids that may be meant, the most literal first: an id can hold any character.

    Slack escapes some characters, Slack and keyboards replace straight quotes with curly ones, and
    what is copied from below a message begins with `Event` and may end with punctuation.
    """
    unescaped = unescape(text)
    bare = unescaped.strip(_QUOTES)
    copied = _COPIED.sub("", bare.lstrip("("), 1).strip(_QUOTES).rstrip(_QUOTES + _SENTENCE_ENDS)
    return dict.fromkeys(found for found in (text, unescaped, bare, copied) if found)
