"""Why a place got a message about an event, or did not: from the ledger, and the rules of the place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.delivery.subscriptions import MUTED, SETTING, name_of
from bot.model import (
    Audience,
    Delivery,
    DeliveryState,
    Destination,
    EventState,
    Notification,
    Transport,
    from_ms,
)
from bot.model.subscription import Facts, Place, Subscription, matches
from bot.store.stored_event import StoredEvent
from bot.transports.slack.ids import is_user
from bot.views.reasons import plain_reason, plain_skip

_RULE = re.compile(r"subscription:([^:]*):(-?\d{1,15})")
_UNTIL = re.compile(r"until (\d{4}-\d\d-\d\d \d\d:\d\d) UTC")
_PAUSED = "paused"
_OTHER_MATTERS = {"type", "thread"}
"""Kinds of reasons of subscriptions to something else altogether."""
_SETTINGS = {
    (Transport.SLACK, Audience.RECRUITERS): "SLACK_CHANNEL",
    (Transport.SLACK, Audience.OPERATORS): "SLACK_ALERT_CHANNEL",
    (Transport.EMAIL, Audience.RECRUITERS): "EMAIL_TO",
    (Transport.EMAIL, Audience.OPERATORS): "EMAIL_ALERT_TO",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact, which the template puts into words by its `kind`.

    `raw` is a reason as the ledger has it, for operators.
    """

    kind: str
    at: datetime | None = None
    text: str = ""
    by: str = ""
    raw: str = ""
    number: int | None = None
    count: int | None = None
    maybe_delivered: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A place, what was chosen for it, and an event.

    `notifications` are what the event's handler asks for, None if it fails. `audiences` are the
    destinations of the settings.
    """

    stored: StoredEvent
    spellings: frozenset[Destination]
    place: Place
    notifications: Sequence[Notification] | None
    audiences: Mapping[Audience, Sequence[Destination]] = field(default_factory=dict)

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries to the place."""
        return [d for d in self.stored.deliveries if d.destination in self.spellings]

    def is_configured(self, audience: Audience) -> bool:
        """Return whether the settings name the place for this audience."""
        return any(to in self.spellings for to in self.audiences.get(audience, ()))


def explain(question: Question) -> list[Reason]:
    """Return why the place got a message, or why not; at least one reason."""
    told = [r for delivery in question.deliveries for r in _of_delivery(delivery, question)]
    if told:
        return told
    event, state = question.stored.event, question.stored.state
    if event.only:
        return [Reason("test_elsewhere")]
    if state is not EventState.HANDLED and state is not EventState.UNHANDLED:
        return [Reason(str(state), raw=question.stored.reason)]
    if question.notifications is None:
        return [Reason("broken")]
    if not question.notifications:
        return [Reason("no_message")]
    return list(_why_not(question.notifications[0], question))


def concerns(question: Question) -> bool:
    """Return whether the place has got the event, has rules of its own, or is in the settings."""
    place = question.place
    chosen = place.subscriptions or place.unsubscribed
    return bool(question.deliveries or chosen or any(map(question.is_configured, Audience)))


def _of_delivery(delivery: Delivery, question: Question) -> list[Reason]:
    """Return what became of a delivery, and by which rule the place gets it."""
    if delivery.is_notice:
        sent = delivery.state is DeliveryState.SENT
        return [Reason("notice", at=delivery.updated_at)] if sent else []
    return [_outcome(delivery), _rule(delivery, question)]


def _outcome(delivery: Delivery) -> Reason:
    reason, to = delivery.reason, delivery.destination
    transport = to.transport if to else Transport.SLACK
    state = delivery.state
    if state is DeliveryState.SENT:
        return Reason("summary" if delivery.message else "sent", at=delivery.updated_at)
    if state is DeliveryState.HELD:
        return Reason("held", at=delivery.next_at)
    if state is DeliveryState.FAILED or state is DeliveryState.RETRYING:
        return Reason(
            str(state),
            at=delivery.updated_at if state is DeliveryState.FAILED else delivery.next_at,
            text=plain_reason(reason, transport) if reason else "",
            raw=reason,
            maybe_delivered=delivery.maybe_delivered,
        )
    return _skipped(reason) if state is DeliveryState.SKIPPED else Reason("waiting")


def _skipped(reason: str) -> Reason:
    if reason.startswith(MUTED):
        return Reason("muted", at=_moment_in(reason))
    if reason.startswith(_PAUSED):
        return Reason("paused", raw=reason)
    return Reason("skipped", text=plain_skip(reason), raw=reason)


def _moment_in(reason: str) -> datetime | None:
    """Return until when it was muted, None if it was not said."""
    found = _UNTIL.search(reason)
    try:
        return datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def _rule(delivery: Delivery, question: Question) -> Reason:
    if question.stored.event.only:
        return Reason("test_here")
    if delivery.rule == SETTING:
        return Reason("setting", text=_setting(delivery, question))
    found = _RULE.fullmatch(delivery.rule)
    if found is None:
        return Reason("subscription")
    known = [r for r in question.place.subscriptions if name_of(r) == delivery.rule]
    kind = "following" if known and known[0].follows else "subscription"
    by = found[1] if is_user(found[1]) else ""
    try:
        return Reason(kind, at=from_ms(int(found[2])), by=by)
    except (ValueError, OverflowError, OSError):
        return Reason(kind, by=by)


def _setting(delivery: Delivery, question: Question) -> str:
    """Return the setting's name. Operators get what recruiters get where only that one is set."""
    if delivery.destination is None:
        return ""
    audience = delivery.audience
    if delivery.destination in question.audiences.get(Audience.RECRUITERS, ()):
        audience = Audience.RECRUITERS
    return _SETTINGS[delivery.destination.transport, audience]


def _why_not(notification: Notification, question: Question) -> Iterator[Reason]:
    """Yield why no rule of the place gave it the notification."""
    place, facts = question.place, Facts.of(notification)
    configured = not notification.opt_in and question.is_configured(notification.audience)
    if configured and matches(place.unsubscribed, facts.event_type):
        yield Reason("unsubscribed")
    elif configured:
        yield Reason("setting_changed")
    about = [
        _mismatch(rule, number, facts, question)
        for number, rule in enumerate(place.subscriptions, start=1)
    ]
    yield from about
    if configured or any(reason.kind not in _OTHER_MATTERS for reason in about):
        return
    if notification.audience is Audience.OPERATORS:
        yield Reason("for_operators")
    elif notification.opt_in:
        yield Reason("opt_in")
    else:
        yield Reason("not_subscribed")


def _mismatch(rule: Subscription, number: int, facts: Facts, question: Question) -> Reason:
    """Return why a subscription did not apply."""
    match rule.why_not(facts):
        case "query":
            return Reason("query", text=rule.query, raw=facts.query or "", number=number)
        case "minimum":
            return Reason("minimum", number=number, count=facts.count, raw=str(rule.minimum))
        case "thread":
            return Reason("thread", number=number)
        case "type":
            types, excluded = ", ".join(rule.types), ", ".join(rule.excluded)
            return Reason("type", text=types, raw=excluded, number=number)
    is_later = rule.made_at > question.stored.received_at
    return Reason("later" if is_later else "rule_changed", at=rule.made_at, number=number)
