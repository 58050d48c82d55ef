"""Notices: what operators are told about a dead letter, and whether a notice is still true."""

from dataclasses import replace
from datetime import datetime

from bot.delivery.recipients import Recipients, deliveries_to, notification_of
from bot.errors import CorruptRecord
from bot.model import (
    NOTICE_TEMPLATE,
    Audience,
    Context,
    DeadLetter,
    DeadLetterKind,
    Delivery,
    DeliveryState,
    Destination,
    Event,
    EventState,
    Notification,
    Notify,
    retry_command,
    to_ms,
)
from bot.store import Store


async def notices_of_event(
    event: Event, reason: str, failed_at: datetime, recipients: Recipients
) -> list[Delivery]:
    """Return the notices about an event that became a dead letter."""
    context = _context(DeadLetter.event(event.id), event.type, reason)
    thread = _thread(event.id, failed_at)
    notify = Notify(Audience.OPERATORS, NOTICE_TEMPLATE, context, thread)
    return await _notices(notification_of(event, notify), recipients, failed_at)


async def notices_of_delivery(failed: Delivery, recipients: Recipients) -> list[Delivery]:
    """Return the notices about a failed delivery.

    None goes to the destination that failed, unless operators have no other.
    """
    context = _context(
        DeadLetter.delivery(failed.id),
        failed.notification.event_type,
        failed.reason,
        destination=str(failed.destination),
        attempts=failed.attempts,
    )
    notification = replace(
        failed.notification,
        audience=Audience.OPERATORS,
        template=NOTICE_TEMPLATE,
        context=context,
        thread=_thread(failed.id, failed.updated_at),
    )
    return await _notices(notification, recipients, failed.updated_at, avoid=failed.destination)


async def _notices(
    notification: Notification,
    recipients: Recipients,
    since: datetime,
    avoid: Destination | None = None,
) -> list[Delivery]:
    operators = (await recipients.resolve(notification)).destinations
    others = [to for to in operators if to != avoid]
    return deliveries_to(others or operators, notification, "no operators are set", since)


def _context(
    dead: DeadLetter, about: str, reason: str, *, destination: str = "", attempts: int = 0
) -> Context:
    return {
        "subject_kind": dead.kind,
        "subject_id": dead.id,
        "about": about,
        "destination": destination,
        "reason": reason,
        "attempts": attempts,
        "command": retry_command(dead.id),
    }


async def why_resolved(store: Store, notice: Delivery) -> str:
    """Return why the notice need not be sent any more; empty if what it reports is still failed.

    After another failure there is another notice, so this one is resolved. An unreadable event or
    delivery counts as failed.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    context = notice.notification.context
    kind, subject_id = context.get("subject_kind"), str(context.get("subject_id"))
    find = _event if kind == DeadLetterKind.EVENT else _delivery
    try:
        state, failed_at = await find(store, subject_id)
    except CorruptRecord:
        return ""
    if state not in {EventState.DEAD, DeliveryState.FAILED}:
        return f"resolved: the {kind} is {state} by now"
    if _thread(subject_id, failed_at or notice.created_at) != notice.notification.thread:
        return f"resolved: the {kind} was tried again, and another notice tells how that failed"
    return ""


async def _event(store: Store, event_id: str) -> tuple[str, datetime | None]:
    stored = await store.events.get(event_id)
    return (stored.state, stored.concluded_at) if stored else ("no longer kept", None)


async def _delivery(store: Store, delivery_id: str) -> tuple[str, datetime | None]:
    found = await store.ledger.get(delivery_id)
    return (found.state, found.updated_at) if found else ("no longer kept", None)


def _thread(subject_id: str, failed_at: datetime) -> str:
    """Return the same thread for all notices of one failure, and another for the next failure."""
    return f"dead:{subject_id}:{to_ms(failed_at)}"
