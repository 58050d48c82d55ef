"""Requeues dead letters, and reports what was done about each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.delivery import transitions
from bot.errors import CorruptRecord
from bot.model import DeadLetter, Delivery, DeliveryState, EventState
from bot.store import Store
from bot.store.change import Change
from bot.store.commit import ChangedMeanwhile
from bot.store.queue import JobId, Task
from bot.store.stored_event import StoredEvent


async def requeue(store: Store, subject_id: str, now: datetime) -> Sequence[str]:
    """Requeue the event, its failed deliveries, or the delivery with this id; return what was done.

    The handler of a dead event runs again, and a failed delivery is retried with all its attempts.
    Jobs that are missing from the queue are restored. What was sent is never sent again. The result
    is empty if no event with this id is kept, and no dead letter or event among the latest 1,000 has a
    delivery with it.

    Raises:
        CorruptRecord: if the event or the delivery is not readable.
    """
    return await _event(store, subject_id, now) or await _delivery(store, subject_id, now)


async def requeue_dead_letter(store: Store, dead: DeadLetter, now: datetime) -> Sequence[str]:
    """Requeue the event, or this delivery of it, as `requeue` does.

    Raises:
        CorruptRecord: if the event or the delivery is not readable.
    """
    return await _event(store, dead.event_id, now, dead.delivery_id)


async def requeue_all(store: Store, now: datetime) -> Sequence[str]:
    """Requeue every dead letter; return what was done."""
    lines: list[str] = []
    for dead in await store.dead_letters(now):
        try:
            lines += await _event(store, dead.event_id, now, dead.delivery_id) or [
                f"{dead.id}: no longer kept"
            ]
        except CorruptRecord as error:
            lines.append(f"{dead.id}: {error}")
    return lines


async def _delivery(store: Store, delivery_id: str, now: datetime) -> Sequence[str]:
    event_id = await store.event_of(delivery_id, now)
    return await _event(store, event_id, now, delivery_id) if event_id else []


async def _event(
    store: Store, event_id: str, now: datetime, delivery_id: str = ""
) -> Sequence[str]:
    """Requeue what has failed of the event, or this delivery alone.

    Raises:
        CorruptRecord: if the event or the delivery is not readable.
    """
    stored = await store.events.get(event_id)
    while stored is not None:
        if delivery_id in stored.unreadable:
            raise CorruptRecord(f"delivery {delivery_id} is not readable in Redis")
        change = Change(stored, now)
        lines = _requeue(change, delivery_id)
        try:
            if lines:
                await store.commits.apply(change)
        except ChangedMeanwhile as changed:
            stored = changed.stored
            continue
        changed_to = await store.events.get(event_id) if lines else stored
        lost = await store.reconciliation.restore(changed_to, now) if changed_to else []
        lines += [
            f"{job_id}: this job was missing from the queue, and is enqueued again"
            for job_id in lost
        ]
        return lines or [_nothing_to_do(stored, delivery_id)]
    return []


def _requeue(change: Change, delivery_id: str) -> list[str]:
    stored = change.stored
    if stored.state is EventState.DEAD and not delivery_id:
        change.set_event(state=EventState.ACCEPTED, reason="", failures=0)
        change.step("retried by hand")
        change.enqueue(JobId(Task.EVENT, stored.id))
        change.remove_dead_letter(DeadLetter(stored.id))
        return [f"{stored.id}: its handler runs again"]
    lines: list[str] = []
    for delivery in stored.deliveries:
        if delivery.state is DeliveryState.FAILED and delivery_id in {"", delivery.id}:
            transitions.requeued(change, delivery)
            notice = "the notice to operators " if delivery.is_notice else ""
            lines.append(f"{delivery.id}: {notice}is sent again to {delivery.destination}")
    return lines


def _nothing_to_do(stored: StoredEvent, delivery_id: str) -> str:
    delivery = stored.delivery(delivery_id)
    if delivery is None:
        return f"{stored.id}: nothing to do, it is {stored.state} and {_states(stored.deliveries)}"
    notice = "the notice to operators " if delivery.is_notice else "it "
    destination = delivery.destination or "no destination"
    return f"{delivery.id}: nothing to do, {notice}is {delivery.state} to {destination}"


def _states(found: Sequence[Delivery]) -> str:
    deliveries = _listed(d for d in found if not d.is_notice)
    notices = _listed(d for d in found if d.is_notice)
    text = (
        f"of its deliveries none has failed ({deliveries})" if deliveries else "has no deliveries"
    )
    return f"{text} (notices to operators: {notices})" if notices else text


def _listed(deliveries: Iterable[Delivery]) -> str:
    return ", ".join(f"{d.destination or 'no destination'} {d.state}" for d in deliveries)
