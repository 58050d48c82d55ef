"""The nouns of the bot, as frozen data without I/O."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import JsonValue

from bot.model.dead_letter import NOTICE_TEMPLATE
from bot.model.links import may_link

Context = Mapping[str, JsonValue]
"""What a template sees: JSON values only, so that it survives a trip through Redis."""


class Audience(StrEnum):
    RECRUITERS = "recruiters"
    OPERATORS = "operators"


class Transport(StrEnum):
    """A way to reach people."""

    SLACK = "slack"
    EMAIL = "email"
    NOBODY = "nobody"


class EventState(StrEnum):
    ACCEPTED = "accepted"
    """Stored, and waiting for its handler."""
    HANDLED = "handled"
    """Its deliveries are in the ledger."""
    UNHANDLED = "unhandled"
    """No handler knows its type."""
    DEAD = "dead"
    """Its data did not fit, or its handler failed for good."""
    FORGOTTEN = "forgotten"
    """What it said was removed on request; it stays seen, so that no replay brings it back."""


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    RETRYING = "retrying"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Event:
    """What Juicebox sent, in the names that handlers know (`bot.model.dialects`). Immutable.

    `received_type` is what Juicebox called it, where that is not `type`. A `test` was sent by
    `send --test`: it is marked in every message, and nothing is recorded.
    """

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any] = field(repr=False)
    test: bool = False
    received_type: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """The few settings that a handler's decision depends on, handed in so that it stays pure."""

    quota_alert_percent: float = 80
    api_key: str | None = field(default=None, repr=False)
    export_url_hosts: tuple[str, ...] = ()

    def may_link(self, url: str) -> bool:
        """Whether a message may make a link of this address, or must show it as text."""
        return may_link(url, self.export_url_hosts)


@dataclass(frozen=True, slots=True)
class Notify:
    """A handler asks that an audience be told.

    `template` names a folder of `templates/`, `context` is what it sees. Mails that share a
    `thread` are shown as one conversation. An `opt_in` notification goes to those alone who
    subscribed to its template.
    """

    audience: Audience
    template: str
    context: Context = field(repr=False)
    thread: str = ""
    opt_in: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A handler asks that `fields` be kept as what is known of the `kind` with this `id`."""

    kind: str
    id: str
    fields: Context = field(repr=False)


Intent = Notify | Record


@dataclass(frozen=True, slots=True)
class Destination:
    """One Slack channel, one Slack user, or one email address."""

    transport: Transport
    address: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.transport}:{self.address}"

    @classmethod
    def parse(cls, text: str) -> "Destination":
        transport, _, address = text.partition(":")
        return cls(Transport(transport), address)


@dataclass(frozen=True, slots=True)
class Notification:
    """What is to be said of one event to one audience; every destination gets the same."""

    event_id: str
    event_type: str
    occurred_at: datetime
    audience: Audience
    template: str
    context: Context = field(repr=False)
    thread: str = ""
    test: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification to one destination, as the ledger has it.

    `maybe_delivered` says that an earlier attempt may have got through without our knowing.
    `receipt` is what the other side calls the message: Slack's channel and `ts`, a `Message-ID`.
    `waits` counts how often a rate limit put it off.
    """

    id: str
    notification: Notification
    destination: Destination
    state: DeliveryState
    created_at: datetime
    updated_at: datetime
    attempts: int = 0
    next_at: datetime | None = None
    reason: str = ""
    receipt: str = ""
    maybe_delivered: bool = False
    waits: int = 0

    @property
    def event_id(self) -> str:
        return self.notification.event_id

    @property
    def is_notice(self) -> bool:
        """Whether it tells the operators of a failure, instead of telling anyone of the event."""
        return self.notification.template == NOTICE_TEMPLATE


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an event's way: what happened, when, and to which delivery."""

    at: datetime
    what: str
    delivery_id: str = ""
    destination: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A message as `chat.postMessage` takes it: `text` says in one sentence what `blocks` show."""

    text: str
    blocks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail's subject and its two bodies, which say the same.

    Recipients filter by `list_name`; mails of one `thread` are shown as a conversation.
    """

    subject: str
    text: str
    html: str
    list_name: str = ""
    thread: str = ""


def delivery_id(notification: Notification, to: Destination) -> str:
    """The same notification to the same destination always has the same id, so a rerun finds it."""
    parts = (
        *(notification.event_id, notification.audience, notification.template),
        *(notification.thread, to.transport, to.address),
    )
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"dlv_{digest[:24]}"


def from_ms(milliseconds: float | str | bytes) -> datetime:
    """Raises ValueError, and nothing else, for what is no moment; C's limits raise OSError, too."""
    try:
        return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)
    except (OSError, OverflowError):
        raise ValueError("not a moment that a clock could show") from None


def to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
