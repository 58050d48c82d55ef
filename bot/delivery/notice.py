"""The notice of a dead letter: what the operators are told, and who of them."""

from datetime import datetime

from bot.delivery.audience import Audiences, deliveries_to
from bot.model import Audience, Context, Delivery, Event, Notification, retry_command, to_ms

DEAD_LETTER_TEMPLATE = "dead_letter"
"""A notice that fails is no dead letter itself: what it tells of is listed already."""


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
        template=DEAD_LETTER_TEMPLATE,
        context=context,
        thread=f"dead:{event.id}:{to_ms(died_at)}",
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
        template=DEAD_LETTER_TEMPLATE,
        context=context,
        thread=f"dead:{dead.id}:{to_ms(dead.updated_at)}",
    )
    operators = audiences[Audience.OPERATORS]
    elsewhere = [to for to in operators if to != dead.destination]
    told = elsewhere or operators
    return deliveries_to(told, notification, "no operators are set", since=dead.updated_at)
