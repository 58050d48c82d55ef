"""What changes about a place when somebody subscribes, mutes it or sets quiet hours there. No I/O."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.schedule import QuietHours
from bot.model.subscription import EVERYTHING, Mute, Place, Subscription, matches

_DEFAULT = Place()
_SAME_MUTE = timedelta(minutes=1)
"""A mute that ends so little earlier is the same one: a button was pressed twice."""


def subscribe(place: Place, rule: Subscription) -> Place:
    """Add the rule, in place of one that gives the same, and resume a place that was paused.

    Without filters, it takes back an unsubscription of its types.
    """
    kept = [r for r in place.subscriptions if _scope(r) != _scope(rule)]
    takes_back = not (rule.query or rule.minimum is not None or rule.follows)
    unsubscribed = [t for t in place.unsubscribed if not (takes_back and matches(rule.types, t))]
    return replace(place, subscriptions=(*kept, rule), unsubscribed=tuple(unsubscribed), paused="")


def unsubscribe(place: Place, types: Sequence[str], *, from_settings: bool) -> Place:
    """Remove the types from the place's rules, and from what the settings give it."""
    narrowed = (_without(rule, types) for rule in place.subscriptions)
    kept = tuple(rule for rule in narrowed if rule is not None)
    if not from_settings:
        return replace(place, subscriptions=kept)
    others = [t for t in place.unsubscribed if not matches(types, t)]
    return replace(place, subscriptions=kept, unsubscribed=(*others, *types))


def remove_rule(place: Place, number: int) -> Place:
    """Remove a subscription by its number, counted from 1.

    Raises:
        IndexError: if there is none with this number.
    """
    if not 1 <= number <= len(place.subscriptions):
        raise IndexError(number)
    rules = list(place.subscriptions)
    del rules[number - 1]
    return replace(place, subscriptions=tuple(rules))


def follow(place: Place, thread: str, by: str, now: datetime) -> Place:
    """Have the place get everything about one search, export or profile."""
    return subscribe(place, Subscription((EVERYTHING,), by, now, follows=thread))


def unfollow(place: Place, thread: str) -> Place:
    kept = tuple(rule for rule in place.subscriptions if rule.follows != thread)
    return replace(place, subscriptions=kept)


def unexpired(place: Place, now: datetime, retention: timedelta) -> Place:
    """Remove the rules that follow a thread about which nothing has come for the retention time."""
    kept = tuple(r for r in place.subscriptions if not r.is_expired(now, retention))
    return place if kept == place.subscriptions else replace(place, subscriptions=kept)


def applied(place: Place, threads: Collection[str], now: datetime) -> Place:
    """Note that something has come about the threads, so that those who follow them still do."""
    rules = (replace(r, applied_at=now) if r.follows in threads else r for r in place.subscriptions)
    return replace(place, subscriptions=tuple(rules))


def follows(place: Place, thread: str) -> bool:
    return any(rule.follows == thread for rule in place.subscriptions)


def mute(place: Place, new: Mute, now: datetime) -> Place:
    """Add the mute, in place of one about the same, unless that lasts as long; ended ones are removed."""
    if lasting(place, new):
        return place
    kept = [m for m in _unended(place, now) if (m.types, m.thread) != (new.types, new.thread)]
    return replace(place, mutes=(*kept, new))


def lasting(place: Place, new: Mute) -> Mute | None:
    """Return the mute about the same that lasts as long as the new one, or None."""
    about_same = (m for m in place.mutes if (m.types, m.thread) == (new.types, new.thread))
    return next(
        (
            m
            for m in about_same
            if m.until is None or (new.until and m.until > new.until - _SAME_MUTE)
        ),
        None,
    )


def unmute(place: Place, now: datetime, types: Sequence[str] = (), thread: str = "") -> Place:
    """End all mutes, or those of these types or about this thread."""
    if not types and not thread:
        return replace(place, mutes=())
    kept = [
        m
        for m in _unended(place, now)
        if (
            m.thread != thread
            if thread
            else m.thread or not all(matches(types, t) for t in m.types)
        )
    ]
    return replace(place, mutes=tuple(kept))


def set_quiet(place: Place, quiet: QuietHours | None, zone: str, owner: str) -> Place:
    """Set the quiet hours of a person's own messages, or none."""
    return replace(place, quiet=quiet, zone=zone, owner=owner)


def owned(place: Place, owner: str, zone: str = "", quiet: QuietHours | None = None) -> Place:
    """Note whose place it is, and the time zone if it is known; forget both where nothing is chosen.

    `quiet` are quiet hours for a place that has none.
    """
    if replace(place, owner="", zone=_DEFAULT.zone) == _DEFAULT:
        return _DEFAULT
    return replace(place, owner=owner, zone=zone or place.zone, quiet=place.quiet or quiet)


def _scope(rule: Subscription) -> tuple[object, ...]:
    return sorted(rule.types), rule.query.casefold(), rule.minimum, rule.follows


def _without(rule: Subscription, types: Sequence[str]) -> Subscription | None:
    """Return the rule without these types; None if nothing is left of it. A followed thread stays."""
    if rule.follows:
        return rule
    kept = tuple(t for t in rule.types if not matches(types, t))
    if not kept:
        return None
    excluded = tuple(t for t in types if matches(kept, t) and t not in rule.excluded)
    return replace(rule, types=kept, excluded=(*rule.excluded, *excluded))


def _unended(place: Place, now: datetime) -> list[Mute]:
    return [m for m in place.mutes if m.until is None or m.until > now]
