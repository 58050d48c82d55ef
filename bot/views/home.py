"""What the Home tab is made of: the newest events, exports, failures, and a person's own places."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model import DeadLetter, Delivery, Destination, Transport, choices
from bot.model.subscription import Place
from bot.store import Backlog, Store
from bot.store.stored_event import StoredEvent

_EVENTS = 20
_EXPORTS, _SEARCHED_FOR_EXPORTS = 8, 300
_FAILURES = 6
_EXPORT = "export.ready"


@dataclass(frozen=True, slots=True)
class Failure:
    """A dead letter with its event, and the delivery that failed; both are None if they are unreadable."""

    dead: DeadLetter
    stored: StoredEvent | None
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class Checklist:
    """What is known about the set-up. `in_channel` is None if there is no channel, or it is not known."""

    has_event: bool
    has_scopes: bool
    channel: Destination | None
    in_channel: bool | None

    @property
    def is_complete(self) -> bool:
        return self.has_event and self.has_scopes and self.in_channel is not False


@dataclass(frozen=True, slots=True)
class HomeData:
    """What was read for one person.

    `own` are the person's direct messages and email addresses, with what was chosen for them. `held`
    counts what waits for the end of quiet hours, or to be told after a mute.
    """

    newest: Sequence[StoredEvent]
    exports: Sequence[StoredEvent]
    failures: Sequence[Failure]
    backlog: Backlog
    held: int
    own: Mapping[Destination, Place]


async def load_home(store: Store, user: str, now: datetime) -> HomeData:
    """Return what the Home tab of a Slack user is made of; six round trips to Redis.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    newest = await store.newest(now, _SEARCHED_FOR_EXPORTS, _FAILURES)
    places = await store.places.all()
    backlog = await store.backlog(now, newest.now_ms)
    held = await store.waiting.counts([to for to, place in places.items() if _may_hold(place)])
    exports = (await store.events.of_type(_EXPORT, newest.event_ids))[:_EXPORTS]
    latest = newest.event_ids[:_EVENTS]
    needed = dict.fromkeys([*latest, *exports, *(dead.event_id for dead in newest.dead)])
    events = {stored.id: stored for stored in await store.events.read([*needed])}
    return HomeData(
        newest=_found(latest, events),
        exports=_found(exports, events),
        failures=[_failure(dead, events.get(dead.event_id)) for dead in newest.dead],
        backlog=backlog,
        held=sum(held),
        own={
            to: choices.unexpired(place, now, store.retention)
            for to, place in places_of(user, places).items()
        },
    )


def places_of(user: str, places: Mapping[Destination, Place]) -> Mapping[Destination, Place]:
    """Return the places of a person: direct messages first, then email addresses."""
    direct = Destination(Transport.SLACK, user)
    others = {to: place for to, place in places.items() if is_own(user, to, place) and to != direct}
    return {direct: places.get(direct, Place()), **others}


def is_own(user: str, to: Destination, place: Place) -> bool:
    """Return whether the place is the person's direct messages, or an email address of the person."""
    return to.address == user or (to.transport is Transport.EMAIL and place.owner == user)


def _may_hold(place: Place) -> bool:
    return place.quiet is not None or bool(place.mutes)


def _found(event_ids: Iterable[str], events: Mapping[str, StoredEvent]) -> Sequence[StoredEvent]:
    return [events[event_id] for event_id in event_ids if event_id in events]


def _failure(dead: DeadLetter, stored: StoredEvent | None) -> Failure:
    return Failure(dead, stored, stored.delivery(dead.delivery_id) if stored else None)
