"""Who gets a notification, by which rule, and whether now, later or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.model import Audience, Destination, to_ms
from bot.model.subscription import Facts, Place, Subscription, matches

SETTING = "setting"
"""The rule of a destination that the settings name for an audience."""

Places = Mapping[Destination, Place]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to a delivery: it is sent, held until a moment, or skipped for a reason."""

    held_until: datetime | None = None
    skipped: str = ""


SEND = Decision()


@dataclass(frozen=True, slots=True)
class Recipient:
    """A destination that a rule gives the notification to.

    `audience` is the one whose text it gets: a subscriber always gets the recruiters'.
    """

    destination: Destination
    audience: Audience
    rule: str
    decision: Decision


def recipients_of(
    facts: Facts,
    audience: Audience,
    configured: Sequence[Destination],
    places: Places,
    now: datetime,
) -> list[Recipient]:
    """Return one recipient for each destination, however many rules apply to it.

    `configured` are the audience's destinations in the settings, which come first.
    """
    rules: dict[Destination, tuple[Audience, str]] = {}
    for to in configured:
        place = places.get(to, Place())
        if not matches(place.unsubscribed, facts.event_type):
            rules[to] = audience, SETTING
    for to, place in places.items():
        rule = next((rule for rule in place.subscriptions if rule.why_not(facts) is None), None)
        if rule is not None and to not in rules:
            rules[to] = Audience.RECRUITERS, name_of(rule)
    return [
        Recipient(to, of, rule, decide(facts, places.get(to, Place()), now))
        for to, (of, rule) in rules.items()
    ]


def decide(facts: Facts, place: Place, now: datetime) -> Decision:
    """Return what happens at the place now to a notification that it gets."""
    if place.paused:
        return Decision(skipped=f"paused: {place.paused}")
    mute = place.mute_of(facts, now)
    if mute is not None:
        until = f"until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else "until it is unmuted"
        return Decision(skipped=f"muted {until}")
    if place.quiet is not None and not facts.urgent:
        return Decision(held_until=place.quiet.end_after(now, zone_of(place)))
    return SEND


def name_of(rule: Subscription) -> str:
    """Return what the ledger keeps of a rule: who made it, and when."""
    return f"subscription:{rule.made_by}:{to_ms(rule.made_at)}"


def zone_of(place: Place) -> ZoneInfo:
    """Return the place's time zone, UTC if this system does not know it."""
    try:
        return ZoneInfo(place.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
