"""Events in the store of a test: written in the states that a worker brings them into, and read."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from bot.delivery import transitions
from bot.model import DeadLetter, Delivery, Event, EventState, Record, Transport
from bot.store import Store, keys
from bot.store.change import Change
from bot.store.queue import JobId, Task
from bot.store.stored_event import StoredEvent
from tests.factories import NOW, body_of, make_event


async def accept(store: Store, event: Event | str = "evt_1", now: datetime = NOW) -> StoredEvent:
    """Store an event as the webhook does."""
    event = make_event(event) if isinstance(event, str) else event
    assert await store.events.accept(event, body_of(event), now) is True
    return await read(store, event.id)


async def read(store: Store, event_id: str = "evt_1") -> StoredEvent:
    stored = await store.events.get(event_id)
    assert stored is not None, f"{event_id} is not stored"
    return stored


async def deliveries_of(store: Store, *event_ids: str) -> list[Delivery]:
    """Return the deliveries of these events, in their order."""
    return [d for event_id in event_ids for d in (await read(store, event_id)).deliveries]


async def steps_of(store: Store, event_id: str = "evt_1") -> list[str]:
    return [step.what for step in (await read(store, event_id)).trail]


def is_to(delivery: Delivery, transport: Transport) -> bool:
    return delivery.destination is not None and delivery.destination.transport is transport


async def read_delivery(store: Store, delivery: Delivery) -> Delivery:
    found = (await read(store, delivery.event_id)).delivery(delivery.id)
    assert found is not None
    return found


async def apply(
    store: Store, edit: Callable[[Change], object], event_id: str = "evt_1", now: datetime = NOW
) -> StoredEvent:
    """Apply a change that `edit` describes."""
    change = Change(await read(store, event_id), now)
    edit(change)
    return await store.commits.apply(change)


async def handle(
    store: Store, *deliveries: Delivery, event_id: str = "evt_1", now: datetime = NOW
) -> StoredEvent:
    """Write the deliveries of an event, as its handler's run does."""

    def edit(change: Change) -> None:
        change.conclude(EventState.HANDLED)
        change.step("handled", detail=f"deliveries: {len(deliveries)}")
        for delivery in deliveries:
            change.put(delivery)

    return await apply(store, edit, event_id, now)


async def leave_unhandled(
    store: Store, event_id: str = "evt_1", now: datetime = NOW
) -> StoredEvent:
    def edit(change: Change) -> None:
        change.conclude(EventState.UNHANDLED)
        change.step("no handler")

    return await apply(store, edit, event_id, now)


async def dead_letter(
    store: Store, event_id: str = "evt_1", reason: str = "broken", now: datetime = NOW
) -> StoredEvent:
    """Make a dead letter of an event, as a run of its handler does that fails for good."""

    def edit(change: Change) -> None:
        change.conclude(EventState.DEAD, reason)
        change.step("dead letter", detail=reason)
        change.add_dead_letter(DeadLetter(event_id))
        change.enqueue(JobId(Task.DEAD_LETTER, event_id))

    return await apply(store, edit, event_id, now)


async def begin(store: Store, delivery: Delivery, now: datetime = NOW) -> Delivery:
    """Mark the delivery `sending`."""
    found = await read_delivery(store, delivery)
    await apply(store, lambda c: transitions.begin(c, found, "token"), delivery.event_id, now)
    return await read_delivery(store, delivery)


async def send(
    store: Store, delivery: Delivery, receipt: str = "C1/1.1", now: datetime = NOW
) -> Delivery:
    begun = await begin(store, delivery, now)
    await apply(store, lambda c: transitions.sent(c, begun, receipt), delivery.event_id, now)
    return await read_delivery(store, delivery)


async def fail(
    store: Store, delivery: Delivery, reason: str = "gone", now: datetime = NOW
) -> Delivery:
    """Make a dead letter of the delivery, unless it is a notice."""
    begun = await begin(store, delivery, now)
    await apply(
        store,
        lambda c: transitions.failed(c, begun, reason, maybe_delivered=False),
        delivery.event_id,
        now,
    )
    return await read_delivery(store, delivery)


async def retry(
    store: Store,
    delivery: Delivery,
    after: timedelta = timedelta(minutes=1),
    *,
    uses_attempt: bool = True,
    reason: str = "timeout",
    now: datetime = NOW,
) -> Delivery:
    """End an attempt that failed, and have the delivery retried after this time."""
    begun = await begin(store, delivery, now)

    def edit(change: Change) -> None:
        transitions.retrying(
            change, begun, reason, after=after, uses_attempt=uses_attempt, maybe_delivered=False
        )

    await apply(store, edit, delivery.event_id, now)
    return await read_delivery(store, delivery)


async def keep(
    store: Store, record: Record, at: datetime = NOW, cached_key: str = "", event_id: str = "evt_1"
) -> StoredEvent:
    """Keep a record that this event asks for."""
    return await apply(store, lambda c: c.keep(record, at, cached_key), event_id)


async def rewrite(redis: Redis, field: str, event_id: str = "evt_1", **values: object) -> None:
    """Change values of a JSON field of an event as another program may do; None removes one."""
    reply: Any = redis.hget(keys.event(event_id), field)
    kept = {**json.loads(await reply), **values}
    text = json.dumps({name: value for name, value in kept.items() if value is not None})
    await redis.hset(keys.event(event_id), field, text)  # type: ignore[misc]  # redis-py types it as sync, too
