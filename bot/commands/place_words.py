"""What was chosen for a place, in words for operators: one line for each choice."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.model.subscription import EVERYTHING, Mute, Place, Subscription


def place_lines(place: Place, now: datetime) -> Iterator[str]:
    """Return the lines; mutes that have ended are left out."""
    if place.paused:
        yield f"paused: {place.paused}"
    for number, rule in enumerate(place.subscriptions, start=1):
        yield f"{number}. {_rule(rule)} ({_by(rule.made_by)} on {rule.made_at:%Y-%m-%d})"
    if place.unsubscribed:
        yield f"unsubscribed from what the settings give it: {_types(place.unsubscribed)}"
    for mute in place.mutes:
        if mute.until is None or mute.until > now:
            yield f"muted {_mute(mute)} ({_by(mute.made_by)} on {mute.since:%Y-%m-%d})"
    if place.quiet is not None:
        hours = f"{place.quiet.start:%H:%M} to {place.quiet.end:%H:%M}"
        weekends = ", and all weekend" if place.quiet.weekends else ""
        yield f"quiet from {hours}{weekends} ({place.zone})"


def _rule(rule: Subscription) -> str:
    if rule.follows:
        return f"follows {rule.follows}"
    filters = [f'"{rule.query}" in the search'] if rule.query else []
    if rule.minimum is not None:
        filters.append(f"{rule.minimum:,} or more results or records")
    excluded = f" except {_types(rule.excluded)}" if rule.excluded else ""
    condition = f" with {' and '.join(filters)}" if filters else ""
    return f"{_types(rule.types)}{excluded}{condition}"


def _mute(mute: Mute) -> str:
    until = f"until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else "until it is unmuted"
    return f"{until}: {mute.thread or _types(mute.types)}"


def _types(types: Sequence[str]) -> str:
    return "everything" if EVERYTHING in types else ", ".join(types)


def _by(user: str) -> str:
    return f"by {user}" if user else "by nobody known"
