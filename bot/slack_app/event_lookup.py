"""Finds the event that was meant by what was typed or copied after a command."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.slack_app.context import Answer, AppContext, Asker
from bot.slack_app.own_places import Sight, sight_of
from bot.transports.slack.mrkdwn import unescape
from bot.views.event_search import Candidate, SearchResult, search_events
from bot.views.outcomes import Reader, summary_for

_QUOTES = (
    "\"'`\u00ab\u00b4\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
    "\u300c\u300d\u300e\u300f\u301d\u301e\u301f\uff02\uff07 \t\n\u00a0\u200b\u2060\ufeff"
)
"""Quotation marks of all kinds, and spaces, visible or not, that are copied along with them."""
_SENTENCE_ENDS = ".,;:!?)…"
_COPIED = re.compile(r"\Aevent\s+", re.IGNORECASE | re.ASCII)


_DELIVERY = re.compile(r"dlv_[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Meant:
    """The event that was meant, and the delivery if it was that; or what else it may have been."""

    event_id: str
    delivery_id: str = ""

    @property
    def subject_id(self) -> str:
        return self.delivery_id or self.event_id


async def find_event(
    context: AppContext, text: str, asker: Asker, *, in_texts: bool = False
) -> tuple[Meant | SearchResult, Sight]:
    """Return what was meant by an id or a part of one, or with `in_texts` by words; or the candidates.

    A full id is looked for among all events that are kept, and anything else among the newest thousand.
    Words find only what the asker may read. What the asker may see is returned as well.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    found, sight = await asyncio.gather(
        _find(context, text, in_texts=in_texts), sight_of(context, asker)
    )
    if isinstance(found, Meant):
        return found, sight
    result = await _as_seen(context, found, sight.reader)
    if result.count == 1 and result.is_complete:
        [only] = result.candidates
        return Meant(only.id, only.delivery_id), sight
    return result, sight


async def _find(context: AppContext, text: str, *, in_texts: bool) -> Meant | SearchResult:
    found = list(_possible_ids(text))
    kept = await context.store.events.first_kept(found)
    if kept is not None:
        return Meant(kept)
    asked = found[-1] if found else ""
    if _DELIVERY.fullmatch(asked.casefold()):
        event_id = await context.store.event_of(asked.casefold(), context.clock())
        return Meant(event_id, asked.casefold()) if event_id else SearchResult()
    return await search_events(context.store, asked, context.describe, in_texts=in_texts)


async def _as_seen(context: AppContext, found: SearchResult, reader: Reader) -> SearchResult:
    """Return the candidates with what the reader may read of them."""
    if reader.is_operator or not found.candidates:
        return found
    events = await context.store.events.with_ids([c.id for c in found.candidates])
    kept: list[Candidate] = []
    for candidate in found.candidates:
        stored = events.get(candidate.id)
        if stored and (reader.may_read(stored.deliveries) or not candidate.by_words):
            summary = summary_for(reader, stored, context.describe)
            kept.append(replace(candidate, summary=summary))
    count = found.count if len(kept) == len(found.candidates) else len(kept)
    return replace(found, candidates=kept, count=count)


def which_one(context: AppContext, command: str, asked: str, found: SearchResult) -> Answer:
    """Return the answer that lists what may have been meant, or says that nothing was found."""
    return Answer(context.screen("which_one", command=command, asked=asked, found=found))


def _possible_ids(text: str) -> Iterable[str]:
    """Return the ids that may be meant, the most literal first: an id can hold any character.

    Slack escapes some characters, Slack and keyboards replace straight quotes with curly ones, and
    what is copied from below a message begins with `Event` and may end with punctuation.
    """
    unescaped = unescape(text)
    bare = unescaped.strip(_QUOTES)
    copied = _COPIED.sub("", bare.lstrip("("), 1).strip(_QUOTES).rstrip(_QUOTES + _SENTENCE_ENDS)
    return dict.fromkeys(found for found in (text, unescaped, bare, copied) if found)
