"""One sample event of every type, and the deliveries and records that it should produce."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic_core import to_json

from bot.delivery.notifications import notification_of
from bot.delivery.recipients import Recipients, deliveries_of
from bot.intake.envelope import parse_envelope
from bot.model import (
    Audience,
    Delivery,
    Destination,
    Event,
    Handler,
    Notify,
    Policy,
    Record,
)
from bot.registry import Registry

Audiences = Mapping[Audience, tuple[Destination, ...]]


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """An event, its body, and what its handler asks for."""

    event: Event
    body: bytes = field(repr=False)
    deliveries: tuple[Delivery, ...]
    records: tuple[Record, ...]


def fresh_body(given: Mapping[str, object], now: datetime) -> bytes:
    """Return the object as JSON, with a new id and the timestamp `now`, in Juicebox's field order."""
    fresh = {"id": f"evt_{uuid4().hex[:12]}", "timestamp": now.isoformat(timespec="milliseconds")}
    rest = {name: value for name, value in given.items() if name not in fresh}
    ordered = {"id": fresh["id"], "type": None, "timestamp": fresh["timestamp"], **rest}
    return to_json({k: v for k, v in ordered.items() if k in given or k in fresh}, indent=2)


def samples_of(registry: Registry, audiences: Audiences, now: datetime) -> list[ExpectedEvent]:
    handlers = filter(None, map(registry.get, registry.types))
    return [_sample(handler, audiences, now) for handler in handlers]


def _sample(handler: Handler[Any], audiences: Audiences, now: datetime) -> ExpectedEvent:
    body = fresh_body({"type": handler.type, "data": handler.sample_at(now)}, now)
    event = parse_envelope(body, now)
    intents = handler.run(event, Policy())
    deliveries = [
        delivery
        for intent in intents
        if isinstance(intent, Notify) and not intent.opt_in
        for delivery in deliveries_of(
            notification_of(event, intent), Recipients(audiences), {}, now
        )
    ]
    records = [intent for intent in intents if isinstance(intent, Record)]
    return ExpectedEvent(event, body, tuple(deliveries), tuple(records))


class ArrivalCheck:
    """Compares the deliveries that arrive with those expected, by id."""

    def __init__(self, samples: Iterable[ExpectedEvent]) -> None:
        self._expected = {d.id: d for sample in samples for d in sample.deliveries}
        self._missing = set(self._expected)
        self.completed = asyncio.Event()

    def arrived(self, delivery_id: str) -> None:
        self._missing.discard(delivery_id)
        if not self._missing:
            self.completed.set()

    def problems(self, arrived: Iterable[str]) -> Iterator[str]:
        """Yield a line for each delivery that is missing, arrived twice or was not expected."""
        counts = Counter(arrived)
        for delivery_id, delivery in self._expected.items():
            count = counts.pop(delivery_id, 0)
            if count != 1:
                often = "did not arrive" if count == 0 else f"arrived {count} times"
                yield f"{delivery.template} to {delivery.destination} {often}"
        for delivery_id in counts:
            yield f"unexpected arrival: {delivery_id or 'a message without a delivery id'}"
