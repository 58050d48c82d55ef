"""Subscriptions, mutes and quiet hours: what a place gets, and when."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from bot.model.dead_letter import NOTICE_TEMPLATES
from bot.model.nouns import Notification
from bot.model.schedule import QuietHours

EVERYTHING = "*"
_PUNCTUATION = ",;:!?()[]{}\"'“”„«»…"
_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules compare of a notification.

    `thread` names the search, export or profile that it is about. `query` and `count` are what people
    searched for and how many were found, None if its type has no such field.
    """

    event_type: str
    thread: str = ""
    query: str | None = None
    count: int | None = None
    urgent: bool = False

    @classmethod
    def of(cls, notification: Notification) -> "Facts":
        """Return those of a notification, whose type is its template if it is a notice."""
        n = notification
        event_type = n.template if n.template in NOTICE_TEMPLATES else n.event_type
        return cls(event_type, n.thread, n.query, n.count, n.urgent)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A rule: a place gets the notifications of these types that pass the filters.

    `types` are names that may contain `*`; `excluded` ones are not among them. Every word of `query` must
    begin a word of the search's query, and its count must be `minimum` at least. One that `follows` a thread is about
    that thread alone, and `applied_at` is when it last applied, to the day. `made_by` is a Slack user's id.
    """

    types: tuple[str, ...]
    made_by: str
    made_at: datetime
    query: str = ""
    minimum: int | None = None
    follows: str = ""
    excluded: tuple[str, ...] = ()
    applied_at: datetime | None = None

    @property
    def active_at(self) -> datetime:
        """When the rule was made, or last applied."""
        return max(self.made_at, self.applied_at or self.made_at)

    def is_expired(self, now: datetime, retention: timedelta) -> bool:
        """Return whether it follows a thread about which nothing has come for the retention time."""
        return bool(self.follows) and now - self.active_at > retention

    def why_not(self, facts: Facts) -> str | None:
        """Return why the rule does not apply: `type`, `thread`, `query` or `minimum`; None if it does."""
        if not matches(self.types, facts.event_type) or matches(self.excluded, facts.event_type):
            return "type"
        if self.follows and self.follows != facts.thread:
            return "thread"
        found = _words(facts.query or "")
        if not all(any(w.startswith(word) for w in found) for word in plain(self.query).split()):
            return "query"
        if self.minimum is not None and (facts.count is None or facts.count < self.minimum):
            return "minimum"
        return None


@dataclass(frozen=True, slots=True)
class Mute:
    """A place gets nothing of these types, or about this thread, until a moment; None is forever."""

    since: datetime
    until: datetime | None
    made_by: str
    types: tuple[str, ...] = (EVERYTHING,)
    thread: str = ""

    def applies(self, facts: Facts, now: datetime) -> bool:
        if self.until is not None and now >= self.until:
            return False
        return self.thread == facts.thread if self.thread else matches(self.types, facts.event_type)


@dataclass(frozen=True, slots=True)
class Place:
    """What people have chosen for one destination.

    `unsubscribed` are types that the place does not get, although the settings say so. `paused` is why
    nothing can be sent there, for example since the channel is archived, and `paused_by` the id of the
    event whose delivery found that out. `owner` is the Slack user whose
    direct messages or email address it is, and `zone` that user's time zone.
    """

    subscriptions: tuple[Subscription, ...] = ()
    unsubscribed: tuple[str, ...] = ()
    mutes: tuple[Mute, ...] = ()
    quiet: QuietHours | None = None
    zone: str = "UTC"
    owner: str = field(default="", repr=False)
    paused: str = ""
    paused_by: str = ""

    def mute_of(self, facts: Facts, now: datetime) -> Mute | None:
        """Return the mute that applies for longest, or None."""
        found = [mute for mute in self.mutes if mute.applies(facts, now)]
        forever = [mute for mute in found if mute.until is None]
        return (
            forever[0] if forever else max(found, key=lambda mute: mute.until or now, default=None)
        )


def matches(types: Sequence[str], event_type: str) -> bool:
    """Return whether one of the names, which may contain `*`, is the type's."""
    return any(fnmatchcase(event_type, re.sub(r"([\[?])", r"[\1]", name)) for name in types)


def _words(text: str) -> set[str]:
    """Return the words without case, accents and punctuation around them; `C++` and `.NET` are words."""
    folded = plain(text)
    return {*(word.strip(_PUNCTUATION) for word in folded.split()), *_WORD.findall(folded)} - {""}


def plain(text: str) -> str:
    """Return the text without case and accents."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
