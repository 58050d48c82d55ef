"""An event as recruiters see it: what it says, and what became of its messages, in words."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from bot.model import (
    Audience,
    Delivery,
    DeliveryState,
    Destination,
    EventState,
    Transport,
    in_words,
)
from bot.store.stored_event import StoredEvent
from bot.views.event_summary import Describe, summarize_event
from bot.views.reasons import plain_reason, plain_skip

_MUTED_UNTIL = re.compile(r"muted until (\d{4}-\d\d-\d\d \d\d:\d\d) UTC")
_PAUSED = "paused: "
_PERSON = re.compile(r"[DUW][A-Z0-9]+")
"""The id of a user of Slack, or of a direct message: https://docs.slack.dev/reference/objects."""
_REASONS = {
    "muted until it is unmuted": "muted",
    "nobody has subscribed to it": "nobody has subscribed to it",
    "everybody has unsubscribed from it": "everybody has unsubscribed from it",
    "no destination is set for recruiters": "no channel or address is set for it",
    "no destination is set for operators": "no channel or address is set for operators",
}


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

    `own` are the person's places, `shared` those for recruiters that every member may see. Operators
    see everything, members of the workspace what is shared, and guests what was for themselves.
    """

    own: frozenset[Destination]
    shared: frozenset[Destination]
    is_member: bool
    is_operator: bool

    def knows(self, to: Destination) -> bool:
        """Return whether the reader may know of a destination."""
        return self.is_operator or to in self.own or (self.is_member and to in self.shared)

    def may_see(self, delivery: Delivery) -> bool:
        if delivery.destination is not None:
            return self.knows(delivery.destination)
        return self.is_operator or (self.is_member and delivery.audience is Audience.RECRUITERS)

    def may_read(self, deliveries: Sequence[Delivery]) -> bool:
        """Return whether the reader may read what an event with these deliveries says."""
        return self.is_operator or any(self.may_see(d) for d in deliveries if not d.is_notice)

    def is_for_others(self, messages: Sequence[Delivery]) -> bool:
        """Return whether the reader may not know what became of an event with these messages."""
        return not self.may_read(messages) and (bool(messages) or not self.is_member)

    def named(self, to: Destination) -> Destination:
        """Return the destination, or instead of one that the reader may not know, what kind it is."""
        if self.knows(to):
            return to
        if to.transport is Transport.EMAIL:
            return replace(to, address="an email address")
        is_person = _PERSON.fullmatch(to.address)
        return replace(to, address="a direct message" if is_person else "a channel")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the messages to these destinations, which is the same for all of them.

    `why` is a part of a sentence, of a failure in mrkdwn.
    `until` is when what waits may be sent, or when a mute ends.
    """

    kind: Kind
    to: tuple[Destination, ...]
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventInWords:
    """An event as a reader may see it. `state` is what became of it where it has no messages.

    If it `is_for_others`, the reader may know only its type and its time.
    """

    id: str
    summary: str
    at: datetime
    state: EventState
    outcomes: tuple[Outcome, ...]
    is_for_others: bool


def event_in_words(stored: StoredEvent, reader: Reader, describe: Describe) -> EventInWords:
    """Return the event as the reader may see it."""
    messages = [d for d in stored.deliveries if not d.is_notice]
    return EventInWords(
        id=stored.id,
        summary=summary_for(reader, stored, describe),
        at=stored.event.timestamp,
        state=stored.state,
        outcomes=outcomes([d for d in messages if reader.may_see(d)]),
        is_for_others=reader.is_for_others(messages),
    )


def summary_for(reader: Reader, stored: StoredEvent, describe: Describe) -> str:
    """Return what the event says, or only its type if the reader may not read it."""
    if not reader.may_read(stored.deliveries):
        return type_in_words(stored.event.type)
    has_messages = any(not d.is_notice for d in stored.deliveries)
    return summarize_event(stored.event, has_deliveries=has_messages, describe=describe)


def type_in_words(event_type: str) -> str:
    return in_words(event_type) or "An event without a type"


def outcomes(deliveries: Sequence[Delivery]) -> tuple[Outcome, ...]:
    """Return what became of the deliveries, one for each outcome; failures come first."""
    groups: dict[tuple[Kind, str, datetime | None], list[Destination]] = {}
    for delivery in deliveries:
        to = groups.setdefault(_outcome(delivery), [])
        to += [delivery.destination] if delivery.destination else []
    found = [Outcome(kind, tuple(to), why, until) for (kind, why, until), to in groups.items()]
    return tuple(sorted(found, key=lambda outcome: _ORDER.index(outcome.kind)))


def _outcome(delivery: Delivery) -> tuple[Kind, str, datetime | None]:
    kind, to = _KINDS[delivery.state], delivery.destination
    if kind is Kind.FAILED and to and delivery.reason:
        return kind, plain_reason(delivery.reason, to.transport), None
    if kind is not Kind.LEFT_OUT:
        return kind, "", delivery.next_at
    muted = _MUTED_UNTIL.fullmatch(delivery.reason)
    if muted:
        return kind, "muted", _moment(muted[1])
    if delivery.reason.startswith(_PAUSED):
        return kind, delivery.reason.removeprefix(_PAUSED), None
    return kind, _REASONS.get(delivery.reason) or plain_skip(delivery.reason), None


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
