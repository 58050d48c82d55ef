"""An event as recruiters see it: what it says, and what became of its messages, in words."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.model import Audience, Delivery, DeliveryState, Destination, EventState, in_words
from bot.store.stored_event import StoredEvent
from bot.views.event_summary import Describe, summarize_event

_MUTED_UNTIL = re.compile(r"muted until (\d{4}-\d\d-\d\d \d\d:\d\d) UTC")
_PAUSED = "paused: "
_REASONS = {
    "muted until it is unmuted": "muted",
    "nobody has subscribed to it": "nobody has subscribed to it",
    "everybody has unsubscribed from it": "everybody has unsubscribed from it",
    "no destination is set for recruiters": "no channel or address is set for it",
    "no destination is set for operators": "no channel or address is set for operators",
}
_NOT_NEEDED = "it was not needed any more"


class Kind(StrEnum):
    """What became of a message."""

    FAILED = "failed"
    RETRYING = "retrying"
    WAITING = "waiting"
    HELD = "held"
    SENT = "sent"
    LEFT_OUT = "left out"


_ORDER = list(Kind)
_KINDS = {
    DeliveryState.PENDING: Kind.WAITING,
    DeliveryState.HELD: Kind.HELD,
    DeliveryState.SENDING: Kind.WAITING,
    DeliveryState.SENT: Kind.SENT,
    DeliveryState.RETRYING: Kind.RETRYING,
    DeliveryState.FAILED: Kind.FAILED,
    DeliveryState.SKIPPED: Kind.LEFT_OUT,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at events, and what that person may see.

    `own` are the person's places, `shared` those that the settings name for recruiters. Operators see
    everything, members of the workspace what is shared, and guests what was for themselves.
    """

    own: frozenset[Destination]
    shared: frozenset[Destination]
    is_member: bool
    is_operator: bool

    def may_see(self, delivery: Delivery) -> bool:
        if self.is_operator or delivery.destination in self.own:
            return True
        if delivery.destination is None:
            return self.is_member and delivery.audience is Audience.RECRUITERS
        return self.is_member and delivery.destination in self.shared


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the messages to these destinations, which is the same for all of them.

    `until` is when what waits may be sent, or when a mute ends.
    """

    kind: Kind
    to: tuple[Destination, ...]
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventInWords:
    """An event that a reader may see. `state` is what became of it where it has no messages."""

    id: str
    summary: str
    at: datetime
    state: EventState
    outcomes: tuple[Outcome, ...]


def event_in_words(stored: StoredEvent, reader: Reader, describe: Describe) -> EventInWords | None:
    """Return the event as the reader may see it, or None."""
    seen = [d for d in stored.deliveries if not d.is_notice and reader.may_see(d)]
    has_messages = any(not d.is_notice for d in stored.deliveries)
    if not seen and not reader.is_operator and (has_messages or not reader.is_member):
        return None
    if seen or reader.is_operator:
        summary = summarize_event(stored.event, has_deliveries=has_messages, describe=describe)
    else:
        summary = in_words(stored.event.type) or "An event without a type"
    return EventInWords(stored.id, summary, stored.event.timestamp, stored.state, outcomes(seen))


def outcomes(deliveries: Sequence[Delivery]) -> tuple[Outcome, ...]:
    """Return what became of the deliveries, one for each outcome; failures come first."""
    groups: dict[tuple[Kind, str, datetime | None], list[Destination]] = {}
    for delivery in deliveries:
        to = groups.setdefault(_outcome(delivery), [])
        to += [delivery.destination] if delivery.destination else []
    found = [Outcome(kind, tuple(to), why, until) for (kind, why, until), to in groups.items()]
    return tuple(sorted(found, key=lambda outcome: _ORDER.index(outcome.kind)))


def _outcome(delivery: Delivery) -> tuple[Kind, str, datetime | None]:
    kind = _KINDS[delivery.state]
    if kind is not Kind.LEFT_OUT:
        return kind, "", delivery.next_at
    muted = _MUTED_UNTIL.fullmatch(delivery.reason)
    if muted:
        return kind, "muted", _moment(muted[1])
    if delivery.reason.startswith(_PAUSED):
        return kind, delivery.reason.removeprefix(_PAUSED), None
    return kind, _REASONS.get(delivery.reason, _NOT_NEEDED), None


def _moment(text: str) -> datetime | None:
    with suppress(ValueError):  # another program has written it
        return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return None


def thread_names(events: Sequence[StoredEvent]) -> Mapping[str, str]:
    """Return names for threads of these events, which are otherwise known by an id: a search's query."""
    names: dict[str, str] = {}
    for stored in events:
        data: object = stored.event.data
        if not isinstance(data, dict):
            continue
        query, search_id = data.get("query"), data.get("searchId")
        if isinstance(query, str) and query.strip() and isinstance(search_id, str | int):
            names.setdefault(f"search:{search_id}", query.strip())
    return names
