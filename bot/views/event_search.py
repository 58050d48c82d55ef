"""Finds recent events by a part of an id, or by words of what their messages say."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from bot.model import Event, id_text, in_words
from bot.model.subscription import plain
from bot.store import Store
from bot.store.newest import Skimmed
from bot.views.event_summary import Describe, summarize_event

SHORTEST_PART = 4
MOST_LISTED = 10
_TIME_LIMIT = timedelta(seconds=0.7)
"""Less than the answer to a command may take; it is reached only where events are huge."""
_MAX_VALUE = 2_000
"""Characters of a value in which words are looked for."""
_MAX_PHRASES = 20
"""Types of events whose messages are rendered for a search."""
_WORD = re.compile(r"[^\W\d_]+")


class _Match(IntEnum):
    NONE = 0
    PART = 1
    """It has words that were asked for, or an id with the part."""
    WHOLE = 2
    """One of its ids is what was asked for, in any case."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that may be meant. `delivery_id` is set if what was found is the id of its delivery.

    `by_words` is true if it was found by what it says, and by no id.
    """

    id: str
    summary: str
    received_at: datetime
    delivery_id: str = ""
    by_words: bool = False

    @property
    def subject_id(self) -> str:
        """The id that was found: of the delivery, or else of the event."""
        return self.delivery_id or self.id


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found among the `searched` newest events: at most ten of `count`, the newest first.

    `is_complete` is false if the time ran out before all of the newest thousand were searched.
    """

    candidates: Sequence[Candidate] = ()
    count: int = 0
    searched: int = 0
    is_complete: bool = True


async def search_events(
    store: Store,
    text: str,
    describe: Describe,
    *,
    in_texts: bool = False,
    monotonic: Callable[[], float] = time.monotonic,
) -> SearchResult:
    """Return the newest events that may be meant by a part of an id.

    That is the id of an event, of one of its deliveries, or one in its data, such as a search's, in any
    case. An event with exactly that id is preferred. With `in_texts`, an event is also found if it has all
    the words in its type, its values or what its message says, whatever their case and accents.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    search = _Search(text, describe, in_texts=in_texts)
    if not search.is_possible:
        return SearchResult()
    ends_at = monotonic() + _TIME_LIMIT.total_seconds()
    searched, is_complete = 0, True
    async for page in store.events.newest():
        for skimmed in page:
            search.look_at(skimmed)
        searched += len(page)
        if monotonic() >= ends_at:
            is_complete = False
            break
    return SearchResult(search.candidates(), search.count, searched, is_complete)


@dataclass(slots=True)
class _Search:
    """Keeps the first ten of the best matches, with their events, and how many there are."""

    text: str
    describe: Describe
    in_texts: bool
    count: int = 0
    _part: str = field(init=False)
    _words: Sequence[str] = field(init=False)
    _best: _Match = _Match.PART
    _kept: list[tuple[Skimmed, str]] = field(default_factory=list)
    _phrases: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._part = self.text.strip().casefold()
        self._words = plain(self.text).split() if self.in_texts else ()

    @property
    def is_possible(self) -> bool:
        return len(self._part) >= SHORTEST_PART or bool(self._words)

    def look_at(self, skimmed: Skimmed) -> None:
        match, delivery_id = self._match(skimmed)
        if match < self._best or match is _Match.NONE:
            return
        if match > self._best:
            self._best, self.count = match, 0
            self._kept.clear()
        self.count += 1
        if len(self._kept) < MOST_LISTED:
            self._kept.append((skimmed, delivery_id))

    def candidates(self) -> list[Candidate]:
        return [
            Candidate(
                id=found.stored.id,
                summary=_summary(found.stored.event, found.delivery_ids, self.describe),
                received_at=found.stored.received_at,
                delivery_id=delivery_id,
                by_words=not self._has_id(found),
            )
            for found, delivery_id in self._kept
        ]

    def _has_id(self, skimmed: Skimmed) -> bool:
        event = skimmed.stored.event
        return any(map(self._compare, (event.id, *_ids_in(event), *skimmed.delivery_ids)))

    def _match(self, skimmed: Skimmed) -> tuple[_Match, str]:
        event = skimmed.stored.event
        match = max(self._compare(found) for found in (event.id, *_ids_in(event)))
        if match is _Match.WHOLE:
            return match, ""
        deliveries = {i: self._compare(i) for i in skimmed.delivery_ids}
        found = [i for i, of_delivery in deliveries.items() if of_delivery]
        if found:
            best = max(deliveries.values())
            whole = [i for i in found if deliveries[i] is _Match.WHOLE]
            only = whole or (found if match is _Match.NONE else [])
            return best, only[0] if len(only) == 1 else ""
        return (_Match.PART if self._has_words(skimmed) else match), ""

    def _compare(self, found: str) -> _Match:
        part, folded = self._part, found.casefold()
        if len(part) < SHORTEST_PART or part not in folded:
            return _Match.NONE
        return _Match.WHOLE if part == folded else _Match.PART

    def _has_words(self, skimmed: Skimmed) -> bool:
        if not self._words:
            return False
        event = skimmed.stored.event
        own = plain(" ".join(_values(event)))
        if event.type not in self._phrases and len(self._phrases) < _MAX_PHRASES:
            self._phrases[event.type] = self._phrase(event, own)
        text = f"{own} {self._phrases.get(event.type, '')}"
        return all(word in text for word in self._words)

    def _phrase(self, event: Event, own: str) -> str:
        """Return the words that the messages of this type have in common, whatever the event's values.

        To render the message of every event would take too long.
        """
        said = plain(_summary(event, ("a delivery",), self.describe))
        return " ".join(word for word in _WORD.findall(said) if word not in own)


def _summary(event: Event, delivery_ids: Sequence[str], describe: Describe) -> str:
    return summarize_event(event, has_deliveries=bool(delivery_ids), describe=describe)


def _ids_in(event: Event) -> Iterator[str]:
    """Yield the ids in the event's data: `searchId`, `candidate_id` and the like."""
    data: object = event.data
    if isinstance(data, dict):
        for name, value in data.items():
            found = id_text(value)
            if name.casefold().endswith("id") and isinstance(found, str):
                yield found


def _values(event: Event) -> Iterator[str]:
    """Yield the type and the plain values of the data, numbers also as messages show them."""
    yield event.type
    yield in_words(event.type)
    data: object = event.data
    for value in data.values() if isinstance(data, dict) else ():
        if isinstance(value, str):
            yield value[:_MAX_VALUE]
        elif isinstance(value, int | float):
            yield f"{value} {value:,}"
