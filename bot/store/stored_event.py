"""An event with its deliveries and its timeline, as one Redis hash.

The layout is in `.github/ARCHITECTURE.md`. A delivery has no context of its own: its handler makes it again
from the body.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from pydantic_core import from_json

from bot.errors import CorruptRecord
from bot.model import (
    Delivery,
    Destination,
    Event,
    EventState,
    Step,
    canonical_event,
    from_ms,
    to_ms,
)
from bot.store.codec import UNREADABLE, compact_json, decode_delivery, decode_step
from bot.store.queue import JobId, Task

EVENT, BODY, TRAIL = "event", "body", "trail"
DELIVERY_PREFIX = "dlv_"

Fields = Mapping[bytes, bytes]
"""The hash of an event, as Redis returns it."""


@dataclass(frozen=True)
class StoredEvent:
    """An event, its state and its deliveries, in their order. `body` is the request body as received.

    The body and the data of a forgotten event are empty. `failures` counts failed runs of its handler.
    `numbers` has the number of each delivery by its id, and `numbered` says how many were given, `unreadable` has the ids of deliveries that another
    program has damaged. `fields` is the hash that all of this was read from.
    """

    event: Event
    body: bytes = field(repr=False)
    state: EventState
    received_at: datetime
    concluded_at: datetime | None = None
    reason: str = ""
    failures: int = 0
    deliveries: tuple[Delivery, ...] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    numbered: int = 0
    unreadable: tuple[str, ...] = ()
    fields: Fields = field(default_factory=dict, repr=False, compare=False)

    @property
    def id(self) -> str:
        return self.event.id

    def delivery(self, delivery_id: str) -> Delivery | None:
        return next((d for d in self.deliveries if d.id == delivery_id), None)

    @cached_property
    def trail(self) -> Sequence[Step]:
        """The steps of the timeline, oldest first.

        Raises:
            CorruptRecord: if it is not readable.
        """
        lines = self.fields.get(TRAIL.encode(), b"").splitlines()
        deliveries = {self.numbers[d.id]: d for d in self.deliveries}
        try:
            return [decode_step(line, self.received_at, deliveries) for line in lines]
        except UNREADABLE as error:
            raise CorruptRecord("a step of an event's timeline is not readable") from error


def decode_event(event_id: str, fields: Fields) -> StoredEvent:
    """Return the event that a hash holds.

    Raises:
        CorruptRecord: if its envelope or its body is not readable.
    """
    try:
        kept = from_json(fields[b"event"])
        state = EventState(kept["state"])
        body = b"" if state is EventState.FORGOTTEN else fields.get(b"body", b"")
        event = canonical_event(
            event_id,
            kept.get("received_type", kept["type"]),
            from_ms(kept["at"]),
            _decode_data(body, state),
            test=kept.get("test") is True,
            only=Destination.parse(kept["only"]) if "only" in kept else None,
        )
        received_at = from_ms(kept["received"])
        concluded_at = from_ms(kept["concluded"]) if "concluded" in kept else None
        reason, failures = str(kept.get("reason", "")), int(kept.get("failures", 0))
        numbered = int(kept.get("numbered", 0))
    except UNREADABLE as error:
        raise CorruptRecord(f"event {event_id} is not readable in Redis") from error
    numbers, deliveries, unreadable = _decode_deliveries(event_id, fields, received_at)
    return StoredEvent(
        *(event, body, state, received_at, concluded_at, reason, failures),
        *(deliveries, numbers, numbered, unreadable, fields),
    )


def _decode_data(body: bytes, state: EventState) -> Any:
    """Return the event's data; that of a dead letter may be missing, since that may be why it is one."""
    try:
        return {} if state is EventState.FORGOTTEN else from_json(body)["data"]
    except UNREADABLE:
        if state is not EventState.DEAD:
            raise
        return {}


def awaited_jobs(stored: StoredEvent) -> list[JobId]:
    """Return the jobs that the event and its deliveries wait for."""
    jobs = {_owner(d): None for d in stored.deliveries if d.destination and not d.state.is_settled}
    if stored.state is EventState.ACCEPTED:
        jobs[JobId(Task.EVENT, stored.id)] = None
    return list(jobs)


def _owner(delivery: Delivery) -> JobId:
    """Return the job that attempts the delivery."""
    if delivery.waits_for_destination:
        return JobId(Task.DESTINATION, str(delivery.destination))
    if delivery.own_job:
        return JobId(Task.DELIVERY, delivery.event_id, delivery.id)
    if delivery.about:
        return JobId(Task.DEAD_LETTER, delivery.event_id, delivery.about.delivery_id)
    return JobId(Task.EVENT, delivery.event_id)


def encode_event(stored: StoredEvent) -> str:
    event = stored.event
    return compact_json(
        type=event.type,
        received_type=event.received_type,
        test=event.test,
        only=str(event.only or ""),
        at=to_ms(event.timestamp),
        received=to_ms(stored.received_at),
        state=stored.state,
        concluded=stored.concluded_at and to_ms(stored.concluded_at),
        reason=stored.reason,
        failures=stored.failures,
        numbered=stored.numbered,
    )


def _decode_deliveries(
    event_id: str, fields: Fields, received_at: datetime
) -> tuple[Mapping[str, int], tuple[Delivery, ...], tuple[str, ...]]:
    """Return the numbers of the readable deliveries, these in order, and the ids of the others."""
    found: list[tuple[int, Delivery]] = []
    unreadable: list[str] = []
    for name, value in fields.items():
        if not name.startswith(DELIVERY_PREFIX.encode()):
            continue
        delivery_id = name.decode(errors="replace")
        try:
            found.append(decode_delivery(event_id, delivery_id, value, received_at))
        except UNREADABLE:
            unreadable.append(delivery_id)
    found.sort(key=lambda pair: pair[0])
    numbers = {delivery.id: number for number, delivery in found}
    return numbers, tuple(delivery for _, delivery in found), tuple(unreadable)
