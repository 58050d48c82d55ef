"""The notice of a dead letter: what the operators are told, who of them, and for how long it is true."""

from datetime import datetime

from bot.delivery.recipients import Audiences, deliveries_to
from bot.errors import CorruptRecord
from bot.model import (
    NOTICE_TEMPLATE,
    Audience,
    Context,
    Delivery,
    DeliveryState,
    Event,
    EventState,
    Notification,
    retry_command,
    to_ms,
)
from bot.store import Store


def notices_of_event(
    event: Event, reason: str, died_at: datetime, audiences: Audiences
) -> list[Delivery]:
    """Tell the operators that an event's handler gave up."""
    context: Context = {
        "subject_kind": "event",
        "subject_id": event.id,
        "about": event.type,
        "destination": "",
        "reason": reason,
        "attempts": 0,
        "command": retry_command(event.id),
    }
    notification = Notification(
        event_id=event.id,
        event_type=event.type,
        occurred_at=event.timestamp,
        audience=Audience.OPERATORS,
        template=NOTICE_TEMPLATE,
        context=context,
        thread=_thread(event.id, died_at),
        test=event.test,
    )
    operators = audiences[Audience.OPERATORS]
    return deliveries_to(operators, notification, "no operators are set", since=died_at)


def notices_of_delivery(dead: Delivery, audiences: Audiences) -> list[Delivery]:
    """Tell the operators that a delivery failed for good; where it failed only if all else is lacking."""
    context: Context = {
        "subject_kind": "delivery",
        "subject_id": dead.id,
        "about": dead.notification.event_type,
        "destination": str(dead.destination),
        "reason": dead.reason,
        "attempts": dead.attempts,
        "command": retry_command(dead.id),
    }
    notification = Notification(
        event_id=dead.event_id,
        event_type=dead.notification.event_type,
        occurred_at=dead.notification.occurred_at,
        audience=Audience.OPERATORS,
        template=NOTICE_TEMPLATE,
        context=context,
        thread=_thread(dead.id, dead.updated_at),
        test=dead.notification.test,
    )
    operators = audiences[Audience.OPERATORS]
    elsewhere = [to for to in operators if to != dead.destination]
    told = elsewhere or operators
    return deliveries_to(told, notification, "no operators are set", since=dead.updated_at)


async def why_resolved(store: Store, notice: Delivery) -> str:
    """Why the notice need not be sent any more; empty while what it tells of is still failed.

    A subject that has failed again since has another notice for that failure. One that is
    unreadable in Redis counts as failed.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    context = notice.notification.context
    kind, subject_id = context.get("subject_kind"), str(context.get("subject_id"))
    find = _event if kind == "event" else _delivery
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
    """The same for every notice of one failure, and another one for the next failure."""
    return f"dead:{subject_id}:{to_ms(failed_at)}"
