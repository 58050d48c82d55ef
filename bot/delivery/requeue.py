"""Requeues dead letters, and reports what was done about each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.errors import CorruptRecord
from bot.model import DeadLetterKind, Delivery, DeliveryState
from bot.store import Store


async def requeue(store: Store, subject_id: str, now: datetime) -> Sequence[str]:
    """Requeue the event, its failed deliveries, or the delivery with this id; return what was done.

    The handler of a dead event runs again, and a failed delivery is retried with all its attempts.
    Jobs that are missing from the queue are restored. What was sent is never sent again. The result
    is empty if nothing with this id is kept.

    Raises:
        CorruptRecord: if the event or the delivery is not readable.
    """
    return await _event(store, subject_id, now) or await _delivery(store, subject_id, now)


async def requeue_all(store: Store, now: datetime) -> Sequence[str]:
    """Requeue every dead letter; return what was done."""
    lines: list[str] = []
    for dead in await store.dead_letters(now):
        requeue_one = _event if dead.kind is DeadLetterKind.EVENT else _delivery
        try:
            lines += await requeue_one(store, dead.id, now) or [f"{dead.id}: no longer kept"]
        except CorruptRecord as error:
            lines.append(f"{dead.id}: {error}")
    return lines


async def _event(store: Store, event_id: str, now: datetime) -> Sequence[str]:
    if await store.events.requeue(event_id, now):
        return [f"{event_id}: its handler runs again", *await _restored(store, event_id, now)]
    deliveries = await store.ledger.of_event(event_id)
    failed = [d for d in deliveries if d.state is DeliveryState.FAILED]
    lines = [line for d in failed for line in await _requeue(store, d, now)]
    lines += await _restored(store, event_id, now)
    if lines:
        return lines
    stored = await store.events.get(event_id)
    if stored is None:
        return []
    return [f"{event_id}: nothing to do, it is {stored.state} and {_states(deliveries)}"]


def _states(found: Sequence[Delivery]) -> str:
    deliveries = _listed(d for d in found if not d.is_notice)
    notices = _listed(d for d in found if d.is_notice)
    text = (
        f"of its deliveries none has failed ({deliveries})" if deliveries else "has no deliveries"
    )
    return f"{text} (notices to operators: {notices})" if notices else text


def _listed(deliveries: Iterable[Delivery]) -> str:
    return ", ".join(f"{d.destination or 'no destination'} {d.state}" for d in deliveries)


async def _delivery(store: Store, delivery_id: str, now: datetime) -> Sequence[str]:
    delivery = await store.ledger.get(delivery_id)
    if delivery is None:
        return []
    restored = await _restored(store, delivery.event_id, now)
    if restored and delivery.state is not DeliveryState.FAILED:
        return restored
    return [*restored, *await _requeue(store, delivery, now)]


async def _restored(store: Store, event_id: str, now: datetime) -> list[str]:
    """Restore the jobs that are missing from the queue; return a line about each."""
    restored = await store.reconciliation.restore(event_id, now)
    return [
        f"{job_id}: this job was missing from the queue, and is enqueued again"
        for job_id in restored
    ]


async def _requeue(store: Store, delivery: Delivery, now: datetime) -> Sequence[str]:
    notice = "the notice to operators " if delivery.is_notice else ""
    if await store.ledger.requeue(delivery, now):
        return [f"{delivery.id}: {notice}is sent again to {delivery.destination}"]
    state = f"{notice or 'it '}is {delivery.state} to {delivery.destination or 'no destination'}"
    return [f"{delivery.id}: nothing to do, {state}"]
