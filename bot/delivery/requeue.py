"""Sends dead letters again, and says of each what was done or why there was nothing to do."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.errors import CorruptRecord
from bot.model import DeadLetterKind, Delivery, DeliveryState
from bot.store import Store


async def requeue(store: Store, subject_id: str, now: datetime) -> Sequence[str]:
    """Send again what failed of the event, or the one delivery, with this id; empty if there is none.

    A dead event's handler runs again; a failed delivery is sent again, with all its attempts before
    it; what waits for a job that the queue has lost gets one. What has been sent is never sent twice.

    Raises:
        CorruptRecord: if what is kept of it is not readable.
    """
    return await _event(store, subject_id, now) or await _delivery(store, subject_id, now)


async def requeue_all(store: Store, now: datetime) -> Sequence[str]:
    """Send every dead letter again."""
    said: list[str] = []
    for dead in await store.dead_letters(now):
        one = _event if dead.kind is DeadLetterKind.EVENT else _delivery
        try:
            said += await one(store, dead.id, now) or [f"{dead.id}: no longer kept"]
        except CorruptRecord as error:
            said.append(f"{dead.id}: {error}")
    return said


async def _event(store: Store, event_id: str, now: datetime) -> Sequence[str]:
    if await store.events.requeue(event_id, now):
        return [f"{event_id}: its handler runs again", *await _restored(store, event_id, now)]
    deliveries = await store.ledger.of_event(event_id)
    failed = [d for d in deliveries if d.state is DeliveryState.FAILED]
    said = [line for d in failed for line in await _requeue(store, d, now)]
    said += await _restored(store, event_id, now)
    if said:
        return said
    stored = await store.events.get(event_id)
    if stored is None:
        return []
    return [f"{event_id}: nothing to do, it is {stored.state} and {_states(deliveries)}"]


def _states(found: Sequence[Delivery]) -> str:
    deliveries = _listed(d for d in found if not d.is_notice)
    notices = _listed(d for d in found if d.is_notice)
    said = (
        f"of its deliveries none has failed ({deliveries})" if deliveries else "has no deliveries"
    )
    return f"{said} (notices to operators: {notices})" if notices else said


def _listed(deliveries: Iterable[Delivery]) -> str:
    return ", ".join(f"{d.destination} {d.state}" for d in deliveries)


async def _delivery(store: Store, delivery_id: str, now: datetime) -> Sequence[str]:
    delivery = await store.ledger.get(delivery_id)
    if delivery is None:
        return []
    restored = await _restored(store, delivery.event_id, now)
    if restored and delivery.state is not DeliveryState.FAILED:
        return restored
    return [*restored, *await _requeue(store, delivery, now)]


async def _restored(store: Store, event_id: str, now: datetime) -> list[str]:
    """What became of jobs that ought to be in the queue and were not."""
    restored = await store.reconciliation.restore(event_id, now)
    return [
        f"{job_id}: this job was missing from the queue, and is enqueued again"
        for job_id in restored
    ]


async def _requeue(store: Store, delivery: Delivery, now: datetime) -> Sequence[str]:
    notice = "the notice to operators " if delivery.is_notice else ""
    if await store.ledger.requeue(delivery, now):
        return [f"{delivery.id}: {notice}is sent again to {delivery.destination}"]
    state = f"{notice or 'it '}is {delivery.state} to {delivery.destination}"
    return [f"{delivery.id}: nothing to do, {state}"]
