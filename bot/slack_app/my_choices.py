"""A person's own choices in the Home tab: rows that keys find again, what is wanted, what was done."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model import Destination, Transport, in_words, to_ms
from bot.model.schedule import QuietHours
from bot.model.subscription import EVERYTHING, Mute, Place, Subscription
from bot.rendering.graphemes import cut
from bot.slack_app.target import Target

Places = Mapping[Destination, Place]
MUTE_LENGTHS = (
    ("1h", "1 hour"),
    ("4h", "4 hours"),
    ("until tomorrow", "Until tomorrow 9:00"),
    ("until monday", "Until Monday 9:00"),
    ("forever", "Until I unmute"),
)
"""As `bot.model.schedule.parse_end` reads them, and as they are shown."""
_MOST_NAMED = 8
_LONGEST_NAME = 60
_MOST_COUNTED = 10**15


@dataclass(frozen=True, slots=True)
class Said:
    """What was done, shown at the top: a sentence, perhaps up to a moment, and how to undo it."""

    text: str
    until: datetime | None = None
    undo: str = ""
    done: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription that somebody has asked for."""

    target: Target
    types: tuple[str, ...]
    query: str = ""
    minimum: int | None = None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A subscription in words, and where it brings messages to."""

    key: str
    what: str
    details: tuple[str, ...]
    where: str
    follows: bool


@dataclass(frozen=True, slots=True)
class MuteRow:
    """A mute in words, which may be of several places."""

    key: str
    what: str
    until: datetime | None


def rule_rows(own: Places, names: Mapping[str, str]) -> list[RuleRow]:
    """Return the subscriptions of a person's places; `names` has names for followed threads."""
    return [
        RuleRow(
            key=key_of_rule(to, rule),
            what=thread_in_words(rule.follows, names) if rule.follows else rule_in_words(rule),
            details=() if rule.follows else tuple(filters_in_words(rule)),
            where=place_in_words(to),
            follows=bool(rule.follows),
        )
        for to, place in own.items()
        for rule in place.subscriptions
    ]


def mute_rows(own: Places, names: Mapping[str, str], now: datetime) -> list[MuteRow]:
    """Return the mutes that have not ended; one that several places have is one row."""
    rows: dict[str, MuteRow] = {}
    for place in own.values():
        for mute in place.mutes:
            if mute.until is None or mute.until > now:
                key, what = key_of_mute(mute), mute_in_words(mute, names)
                rows[key] = MuteRow(key, what, mute.until)
    return list(rows.values())


def quiet_hours_of(own: Places) -> tuple[QuietHours | None, str]:
    """Return the person's quiet hours, and the time zone that they are in."""
    found = ((place.quiet, place.zone) for place in own.values() if place.quiet)
    return next(found, (None, "UTC"))


def key_of_rule(to: Destination, rule: Subscription) -> str:
    """Return what a button stores to find the subscription again, however many others there are."""
    made = f"{rule.made_by} {to_ms(rule.made_at)}"
    filters = f"{rule.query}\0{rule.minimum}\0{rule.follows}"
    return _digest(str(to), *sorted(rule.types), made, filters)


def key_of_mute(mute: Mute) -> str:
    """Return the same key for the same mute of several places."""
    until = "forever" if mute.until is None else str(to_ms(mute.until))
    return _digest(*sorted(mute.types), mute.thread, until)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:24]


def rule_in_words(rule: Subscription) -> str:
    without = f", without {types_in_words(rule.excluded)}" if rule.excluded else ""
    return types_in_words(rule.types) + without


def types_in_words(types: Sequence[str]) -> str:
    """Return `Search completed, Export ready`, or `Everything`."""
    if EVERYTHING in types:
        return "Everything"
    names = [cut(t if "*" in t else in_words(t) or t, _LONGEST_NAME) for t in types]
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def filters_in_words(rule: Subscription) -> Iterator[str]:
    if rule.query:
        yield f"only with “{rule.query}”"
    if rule.minimum is not None:
        yield f"at least {min(rule.minimum, _MOST_COUNTED):,}"


def mute_in_words(mute: Mute, names: Mapping[str, str]) -> str:
    if mute.thread:
        return thread_in_words(mute.thread, names)
    return types_in_words(mute.types).replace("Everything", "everything")


def thread_in_words(thread: str, names: Mapping[str, str]) -> str:
    """Return `Search “rust in berlin”`, or `Export exp_1` where only the id is known."""
    kind, _, thread_id = thread.partition(":")
    name = f"“{names[thread]}”" if thread in names else thread_id
    return f"{in_words(kind)} {name}".strip()


def place_in_words(to: Destination) -> str:
    return f"by email to {to.address}" if to.transport is Transport.EMAIL else "as a direct message"
