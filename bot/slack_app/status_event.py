"""`/juicebox status <event id>`: one event's whole trail."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from bot.errors import CorruptRecord
from bot.model import Destination, SlackMessage, Step, duration, retry_command
from bot.slack_app.render import Describe, Render
from bot.store import Store
from bot.store.events import StoredEvent
from bot.transports.slack.mrkdwn import unescape
from bot.views.event_summary import summarize_event
from bot.views.rows import Row, delivery_row, epoch, notice_rows, place_row, split_notices

_FIRST_STEPS = 10
_LAST_STEPS = 40
_DELIVERIES = 20
_QUOTES = (
    "\"'`\u00ab\u00b4\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
    "\u300c\u300d\u300e\u300f\u301d\u301e\u301f\uff02\uff07 \t\n\u00a0\u200b\u2060\ufeff"
)
"""All that people put around a word, and the spaces that come along, seen and unseen."""
_SENTENCE_ENDS = ".,;:!?)…"
_COPIED = re.compile(r"\Aevent\s+", re.IGNORECASE | re.ASCII)


async def show_event(store: Store, render: Render, describe: Describe, asked: str) -> SlackMessage:
    """The answer, made of seven round trips to Redis at most.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    try:
        kept = await _find(store, asked)
        if kept is None:
            return render("_slack/status_event", {"event": None, "asked": asked, "readable": True})
        steps = await store.events.trail(kept.event.id)
    except CorruptRecord:
        return render("_slack/status_event", {"event": None, "asked": asked, "readable": False})
    deliveries, notices = split_notices(await store.ledger.of_event(kept.event.id))
    event = {
        "id": kept.event.id,
        "type": kept.event.type,
        "received_type": kept.event.received_type or None,
        "what": summarize_event(kept.event, deliveries, describe),
        "at": epoch(kept.event.timestamp),
        "received_at": epoch(kept.received_at),
        "state": str(kept.state),
        "reason": kept.reason,
        "retry": retry_command(kept.event.id),
        "deliveries": [delivery_row(delivery) for delivery in deliveries[:_DELIVERIES]],
        "more_deliveries": max(0, len(deliveries) - _DELIVERIES),
        **notice_rows(notices),
        **_trail(steps, kept.received_at, {notice.id for notice in notices}),
    }
    return render("_slack/status_event", {"event": event})


async def _find(store: Store, asked: str) -> StoredEvent | None:
    """The event of this id, however it was typed or copied."""
    for event_id in _spellings(asked):
        kept = await store.events.get(event_id)
        if kept is not None:
            return kept
    return None


def _spellings(asked: str) -> Iterable[str]:
    """What may be meant, the most literal first: any character can be part of an id.

    Slack escapes some characters, keyboards and Slack itself make quotes curly, and a copy of the
    line below our messages begins with `Event` and may end with the end of a sentence.
    """
    unescaped = unescape(asked)
    bare = unescaped.strip(_QUOTES)
    copied = _COPIED.sub("", bare.lstrip("("), 1).strip(_QUOTES).rstrip(_QUOTES + _SENTENCE_ENDS)
    return dict.fromkeys(spelling for spelling in (asked, unescaped, bare, copied) if spelling)


def _trail(
    steps: Sequence[Step], received_at: datetime, notices: Collection[str]
) -> dict[str, object]:
    """The steps, without the middle of a very long way: its begin and its end tell the story."""
    rows = [_step_row(step, received_at, is_notice=step.delivery_id in notices) for step in steps]
    left_out = max(0, len(rows) - _FIRST_STEPS - _LAST_STEPS)
    return {
        "first_steps": rows[:_FIRST_STEPS] if left_out else rows,
        "left_out": left_out,
        "last_steps": rows[-_LAST_STEPS:] if left_out else [],
    }


def _step_row(step: Step, received_at: datetime, *, is_notice: bool) -> Row:
    return {
        "at": epoch(step.at),
        "after": f"+{duration(step.at - received_at)}",
        "what": f"notice {step.what}" if is_notice else step.what,
        "place": _place(step.destination),
        "detail": step.detail,
    }


def _place(destination: str) -> Row | None:
    if not destination:
        return None
    try:
        return place_row(Destination.parse(destination))
    except ValueError:
        return {"kind": "unknown", "address": destination}
