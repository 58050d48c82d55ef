"""The contract of a handler: what the bot does about one type of event."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from bot.model.nouns import Event, Intent, Policy, Record
from bot.model.payload import Payload

D = TypeVar("D", bound=Payload)
DataClass = type[D]
HandleFunction = Callable[[Event, D, Policy], list[Intent]]
FILTERS = frozenset({"query", "min"})
"""What subscriptions can filter by: words of `Notify.query`, and the least `Notify.count`."""


@dataclass(frozen=True, slots=True)
class DataSubject:
    """The person an event is about: what `forget` looks for, and what it removes.

    `field` is the field of the data that holds the person's id. `record_kind` is the kind of the
    records under that id. `cached_key` is the key under which other programs cache the record, with
    `{id}` for the id; the bot deletes that key whenever it keeps a record of this kind.
    """

    field: str
    record_kind: str = ""
    cached_key: str = ""

    def cached_key_of(self, subject_id: str) -> str:
        return self.cached_key.replace("{id}", subject_id)


@dataclass(frozen=True, slots=True)
class Handler(Generic[D]):
    """The function that handles one type of event, and what it declares about the event's data."""

    type: str
    data: DataClass[D] = field(repr=False)
    sample: Mapping[str, Any] = field(repr=False)
    handle: HandleFunction[D] = field(repr=False)
    subject: DataSubject | None = None
    filters: frozenset[str] = frozenset()
    alias: str = ""

    def sample_at(self, now: datetime) -> dict[str, Any]:
        """Return the sample as JSON values, with its moments counted from `now`."""
        return {name: _at(now, value) for name, value in self.sample.items()}

    def cached_key_of(self, record: Record) -> str:
        """Return the key under which other programs cache this record, or an empty string."""
        if self.subject is None or record.kind != self.subject.record_kind:
            return ""
        return self.subject.cached_key_of(record.id)

    def run(self, event: Event, policy: Policy) -> list[Intent]:
        """Return what the handler asks for.

        Raises:
            InvalidData: if the event's data does not fit; names the fields, and none of their values.
        """
        return self.handle(event, self.data.parse(event.data), policy)


def handles(
    event_type: str,
    *,
    data: DataClass[D],
    sample: Mapping[str, Any],
    subject: DataSubject | None = None,
    filters: Iterable[str] = (),
    alias: str = "",
) -> Callable[[HandleFunction[D]], Handler[D]]:
    """Make the decorated function the handler of this type of event.

    `data` is the class that the event's data is read into, `sample` an example of the data as
    Juicebox sends it; a `timedelta` in it stands for the moment that long from now. `subject` is
    needed if the event is about a person. `filters` are those of `FILTERS` that a subscription to it can
    have: its `Notify` has the value that each compares. `alias` is a short name of the type, which people may
    type in Slack.

    Raises:
        TypeError: if an argument has the wrong type; says which one, and what was found.
    """
    if not isinstance(event_type, str) or not event_type:
        raise TypeError(f"@handles takes a type such as 'search.completed', got {event_type!r}")
    if not (isinstance(data, type) and issubclass(data, Payload)):
        raise TypeError(f"data of @handles must be a subclass of Payload, got {data!r}")
    if not isinstance(sample, Mapping):
        raise TypeError(f"sample of @handles must be an example of the data, got {sample!r}")
    by = frozenset(filters)
    if not by <= FILTERS:
        raise TypeError(f"filters of @handles must be among {sorted(FILTERS)}, got {sorted(by)}")
    example = MappingProxyType(dict(sample))
    return lambda handle: Handler(event_type, data, example, handle, subject, by, alias)


def _at(now: datetime, value: object) -> object:
    """Return the value with each timedelta in it replaced by the moment that long from `now`."""
    match value:
        case timedelta():
            return (now + value).isoformat(timespec="seconds").replace("+00:00", "Z")
        case Mapping():
            return {name: _at(now, part) for name, part in value.items()}
        case list():
            return [_at(now, part) for part in value]
    return value
