"""Who gets a notification, by which rule, and whether now, later or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.model import Audience, Destination, Notification, to_ms
from bot.model.subscription import Facts, Mute, Place, Subscription, matches
from bot.model.unsubscribed import OPERATORS_ONLY

SETTING = ""
"""The rule of a destination that the settings name for an audience."""
MUTED, PAUSED = "muted", "paused"
"""Begin the reason of a delivery that a mute kept back, or that had nowhere to go."""

Places = Mapping[Destination, Place]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a delivery: it is sent, held until a moment, or skipped for a reason.

    `mute` is the one that it is skipped for.
    """

    held_until: datetime | None = None
    skipped: str = ""
    mute: Mute | None = None


SEND = Decision()


@dataclass(frozen=True, slots=True)
class Recipient:
    """A destination that a rule gives the notification to.

    `audience` is the one whose text it gets: a subscriber always gets the recruiters'.
    """

    destination: Destination
    audience: Audience
    rule: str


def configured_recipients(
    notification: Notification, configured: Sequence[Destination], places: Places
) -> list[Recipient]:
    """Return the destinations of the settings that have not unsubscribed."""
    event_type = Facts.of(notification).event_type
    return [
        Recipient(to, notification.audience, SETTING)
        for to in configured
        if to not in places or not matches(places[to].unsubscribed, event_type)
    ]


def subscribers(
    notification: Notification, places: Places, now: datetime, retention: timedelta
) -> list[Recipient]:
    """Return the destinations that have subscribed, each with the first rule that applies.

    Rules that follow a thread apply until nothing has come about it for the retention time.
    """
    facts = Facts.of(notification)

    def first(place: Place) -> Subscription | None:
        applying = (rule for rule in place.subscriptions if rule.why_not(facts) is None)
        return next((rule for rule in applying if not rule.is_expired(now, retention)), None)

    rules = ((to, first(place)) for to, place in places.items())
    return [Recipient(to, Audience.RECRUITERS, name_of(rule)) for to, rule in rules if rule]


def variants_of(notification: Notification) -> list[Notification]:
    """Return the notification for its audience, and for subscribers if that is another one."""
    if notification.audience is Audience.RECRUITERS or notification.template in OPERATORS_ONLY:
        return [notification]
    return [notification, replace(notification, audience=Audience.RECRUITERS)]


def decide(notification: Notification, rule: str, place: Place, now: datetime) -> Decision:
    """Return what happens at the place now to a notification that it got by a rule. A test always comes.

    Hours may have passed since then, in which the place unsubscribed.
    """
    if notification.test:
        return SEND
    facts = Facts.of(notification)
    if not _is_wanted(facts, rule, place):
        return Decision(skipped="unsubscribed")
    if place.paused:
        return Decision(skipped=f"{PAUSED}: {place.paused}")
    mute = place.mute_of(facts, now)
    if mute is not None:
        until = f"until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else "until it is unmuted"
        return Decision(skipped=f"{MUTED} {until}", mute=mute)
    if place.quiet is not None and not facts.urgent:
        return Decision(held_until=place.quiet.end_after(now, zone_of(place)))
    return SEND


def _is_wanted(facts: Facts, rule: str, place: Place) -> bool:
    if rule == SETTING and not matches(place.unsubscribed, facts.event_type):
        return True
    return any(one.why_not(facts) is None for one in place.subscriptions)


def name_of(rule: Subscription) -> str:
    """Return what the ledger keeps of a rule: who made it, and when."""
    return f"subscription:{rule.made_by}:{to_ms(rule.made_at)}"


def zone_of(place: Place) -> ZoneInfo:
    """Return the place's time zone, UTC if this system does not know it."""
    try:
        return ZoneInfo(place.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
