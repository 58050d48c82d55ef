"""Finds the search, export or profile whose id somebody typed."""

from dataclasses import dataclass
from typing import Final

from bot.errors import CorruptRecord
from bot.rendering.graphemes import cut
from bot.slack_app.arguments import NotUnderstood
from bot.slack_app.context import AppContext
from bot.store.stored_event import StoredEvent
from bot.views.event_summary import summarize_event

_SHORTEST_PART: Final = 4
_SEARCHED = 1_000
"""The newest events."""
_MOST_SHOWN = 5
_LONGEST_SHOWN = 60
_COPIED_WITH = " \"'`\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f.,;"


@dataclass(frozen=True, slots=True)
class Thread:
    """What everything about one search, export or profile has in common.

    `name` is that of `Notification.thread`, such as `search:srch_1`; `summary` says what came last.
    """

    name: str
    summary: str

    @property
    def id(self) -> str:
        return self.name.partition(":")[2]


async def find_thread(context: AppContext, text: str) -> Thread:
    """Return what the id is about: of an event, or of a search, export or profile, in part or in full.

    Raises:
        NotUnderstood: if there is none, or several.
        redis.RedisError: if Redis does not answer.
    """
    wanted = text.strip().strip(_COPIED_WITH).removeprefix("Event ")
    exact = await _of_event(context, wanted)
    if exact:
        return exact
    found: dict[str, Thread] = {}
    if len(wanted) >= _SHORTEST_PART:
        for stored in await context.store.events.latest(_SEARCHED):
            thread = _thread(context, stored)
            if thread and wanted in {thread.id, thread.name}:
                return thread
            if thread and (wanted in thread.id or wanted in stored.id):
                found.setdefault(thread.name, thread)
    if len(found) == 1:
        return found.popitem()[1]
    shown = cut(text.replace("`", "'"), _LONGEST_SHOWN)
    if not found:
        raise NotUnderstood(
            f"Nothing that came lately has an id with “{shown}” in it. Give the id of an event, a search,"
            f" an export or a profile, or {_SHORTEST_PART} characters of it. Nothing was changed."
        )
    several = "; ".join(f"`{cut(t.id, _LONGEST_SHOWN)}`" for t in [*found.values()][:_MOST_SHOWN])
    raise NotUnderstood(f"“{shown}” could be one of several, so give more of it: {several}.")


async def _of_event(context: AppContext, event_id: str) -> Thread | None:
    try:
        stored = await context.store.events.get(event_id) if event_id else None
    except CorruptRecord:
        return None
    return _thread(context, stored) if stored else None


def _thread(context: AppContext, stored: StoredEvent) -> Thread | None:
    name = context.thread_of(stored.event)
    if ":" not in name:
        return None
    summary = summarize_event(stored.event, has_deliveries=True, describe=context.describe)
    return Thread(name, summary)
