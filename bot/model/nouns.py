"""The nouns of the bot, as frozen data without I/O."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import JsonValue

from bot.model.dead_letter import DeadLetter
from bot.model.links import fill_url, may_link

Context = Mapping[str, JsonValue]
"""The variables of a template, or the fields of a record, which are stored in Redis: only JSON values."""


class Audience(StrEnum):
    RECRUITERS = "recruiters"
    OPERATORS = "operators"


class Transport(StrEnum):
    """A way to reach people."""

    SLACK = "slack"
    EMAIL = "email"


class EventState(StrEnum):
    ACCEPTED = "accepted"
    """It is stored, and its handler has not run."""
    HANDLED = "handled"
    """Its deliveries are in the ledger."""
    UNHANDLED = "unhandled"
    """No handler is registered for its type."""
    DEAD = "dead"
    """Its data does not fit its type, or its handler failed for good."""
    FORGOTTEN = "forgotten"
    """Its content was removed on request; the id is kept, so that a replay is a duplicate."""


class DeliveryState(StrEnum):
    PENDING = "pending"
    HELD = "held"
    """It waits for the end of quiet hours, and then goes out with all that waits for its destination."""
    SENDING = "sending"
    SENT = "sent"
    RETRYING = "retrying"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def is_settled(self) -> bool:
        """Whether no job is to send the delivery any more."""
        return self in {DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED}


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
class Event:
    """What Juicebox sent, in canonical names (`bot.model.dialects`).

    `received_type` is the type as received, if that is not `type`. A `test` event comes from
    `send --test` or `/juicebox test`: its messages are marked as a test, and nothing is recorded. If
    `only` is set, the event is for this destination alone, whatever the settings and subscriptions say.
    """

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any] = field(repr=False)
    test: bool = False
    received_type: str = ""
    only: Destination | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that handlers depend on, passed in so that handlers stay pure."""

    quota_alert_percent: float = 80
    api_key: str | None = field(default=None, repr=False)
    export_url_hosts: tuple[str, ...] = ()
    search_url_template: str = ""

    def search_url(self, fields: Context) -> str | None:
        """Return the URL of a search's results; None if there is no template, or it does not apply."""
        return fill_url(self.search_url_template, fields) if self.search_url_template else None

    def may_link(self, url: str) -> bool:
        """Return whether a message may link this URL, or must show it as text."""
        return may_link(url, self.export_url_hosts)


@dataclass(frozen=True, slots=True)
class Notify:
    """An intent: notify an audience.

    `template` names a folder of `templates/`, `context` holds its variables. Emails with the same
    `thread` are shown as one conversation. `query` and `count` are what the filters of subscriptions
    compare. `url` is the link that a summary shows, until `url_expires_at`. An `opt_in` notification goes
    to its subscribers only. An `urgent` one is not held in quiet hours.
    """

    audience: Audience
    template: str
    context: Context = field(repr=False)
    thread: str = ""
    query: str | None = None
    count: int | None = None
    url: str | None = field(default=None, repr=False)
    url_expires_at: datetime | None = None
    opt_in: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """An intent: store `fields` as the latest state of this kind and id."""

    kind: str
    id: str
    fields: Context = field(repr=False)


Intent = Notify | Record


@dataclass(frozen=True, slots=True)
class Notification:
    """What is to be said about one event to one audience; every destination gets the same.

    `only` is the event's. The last fields are those of its `Notify`.
    """

    event_id: str
    event_type: str
    occurred_at: datetime
    audience: Audience
    template: str
    context: Context = field(repr=False)
    thread: str = ""
    test: bool = False
    only: Destination | None = None
    query: str | None = None
    count: int | None = None
    url: str | None = field(default=None, repr=False)
    url_expires_at: datetime | None = None
    opt_in: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification for one destination, or for none if it is skipped, with its state.

    `about` is the dead letter that a notice to operators reports. `maybe_delivered` is true if an earlier
    attempt may have succeeded without a reply. `receipt` identifies the sent message: Slack's channel and
    `ts`, or a `Message-ID`. `waits` counts how often a rate limit postponed it. `own_job` says that a job
    of its own attempts it, and not the one that wrote it. `token` identifies the attempt under way. `rule`
    says why the destination gets it, as `bot.delivery.subscriptions` names rules. `missed` is true while
    the destination is still to be told that a mute kept it back. `message` is the id of the message that
    carries it, or tells that it was missed, if that is about others as well. `earlier_message` is
    one that may have carried it before it was retried by hand. `shown` is what a notice was
    edited to say after a retry, as `bot.delivery.outcome` names it.
    """

    id: str
    event_id: str
    audience: Audience
    template: str
    destination: Destination | None
    state: DeliveryState
    created_at: datetime
    updated_at: datetime
    about: DeadLetter | None = None
    attempts: int = 0
    next_at: datetime | None = None
    reason: str = ""
    receipt: str = ""
    maybe_delivered: bool = False
    waits: int = 0
    own_job: bool = False
    token: str = ""
    rule: str = ""
    missed: bool = False
    message: str = ""
    earlier_message: str = ""
    shown: str = ""

    @property
    def waits_for_destination(self) -> bool:
        """Whether the job of its destination is to send it, or to tell that it was missed."""
        is_carried = bool(self.message) and not self.state.is_settled
        return self.state is DeliveryState.HELD or self.missed or is_carried

    @property
    def is_notice(self) -> bool:
        """Whether it tells operators about a failure, instead of telling people about the event."""
        return self.about is not None


@dataclass(frozen=True, slots=True)
class Step:
    """One step in an event's timeline: when, what, and which delivery."""

    at: datetime
    what: str
    delivery_id: str = ""
    destination: str = ""
    detail: str = ""


def delivery_id(notification: Notification, to: Destination | None) -> str:
    """Return the id: the same for the same notification and destination, so that a rerun finds it."""
    place = (to.transport, to.address) if to else ("nobody", notification.audience)
    parts = (
        *(notification.event_id, notification.audience, notification.template),
        *(notification.thread, *place),
    )
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"dlv_{digest[:24]}"
