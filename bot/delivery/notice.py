"""Notices: what operators are told about a dead letter, and whether a notice is still true."""

from dataclasses import replace
from datetime import datetime

from bot.delivery.recipients import Recipients, deliveries_to
from bot.delivery.subscriptions import PAUSED, SETTING, Places, Recipient
from bot.model import (
    NOTICE_TEMPLATE,
    PAUSED_TEMPLATE,
    Audience,
    DeadLetter,
    Delivery,
    DeliveryState,
    Destination,
    EventState,
    Notification,
    Transport,
    delivery_id,
    to_ms,
)
from bot.model.subscription import Place
from bot.store.stored_event import StoredEvent


def notices_about(
    stored: StoredEvent, dead: DeadLetter, recipients: Recipients, places: Places
) -> list[Delivery]:
    """Return the notices about a dead letter; none if it has not failed, or not any more.

    None goes to the destination that failed, unless operators have no other. Of an event that is for one
    destination only, nobody else is told.
    """
    found = _failure(stored, dead)
    if found is None or stored.event.only:
        return []
    notification, failed_at = found
    failed = stored.delivery(dead.delivery_id)
    operators, reason = recipients.of(notification, places, failed_at)
    others = [to for to in operators if not failed or to.destination != failed.destination]
    if failed and failed.destination and notification.template == PAUSED_TEMPLATE:
        others += _makers_of_rules(places.get(failed.destination, Place()))
        return deliveries_to(others, notification, reason, failed_at, about=dead)
    return deliveries_to(others or operators, notification, reason, failed_at, about=dead)


def _makers_of_rules(place: Place) -> list[Recipient]:
    """Return the people who made the rules of a place, once each, in their direct messages."""
    return [
        Recipient(Destination(Transport.SLACK, user), Audience.RECRUITERS, SETTING)
        for user in dict.fromkeys(rule.made_by for rule in place.subscriptions)
    ]


def notification_about(stored: StoredEvent, notice: Delivery) -> Notification | str:
    """Return what the notice says, or why it need not be sent any more.

    After another failure there is another notice, so this one is resolved.
    """
    dead = notice.about or DeadLetter(stored.id)
    found = _failure(stored, dead)
    if found is None:
        failed = stored.delivery(dead.delivery_id)
        state = (failed.state if failed else "no longer kept") if dead.delivery_id else stored.state
        return f"resolved: the {dead.kind} is {state} by now"
    notification, _ = found
    notification = replace(notification, audience=notice.audience)
    if delivery_id(notification, notice.destination) != notice.id:
        return (
            f"resolved: the {dead.kind} was tried again, and another notice tells how that failed"
        )
    return notification


def _failure(stored: StoredEvent, dead: DeadLetter) -> tuple[Notification, datetime] | None:
    """Return what is said about the failure, and when it was; None if it has not failed."""
    template = NOTICE_TEMPLATE
    if dead.delivery_id:
        failed = stored.delivery(dead.delivery_id)
        if failed is None:
            return None
        if failed.state is DeliveryState.SKIPPED and failed.reason.startswith(PAUSED):
            template = PAUSED_TEMPLATE
        elif failed.state is not DeliveryState.FAILED:
            return None
        reason, failed_at, attempts = failed.reason, failed.updated_at, failed.attempts
        destination = str(failed.destination)
    else:
        if stored.state is not EventState.DEAD:
            return None
        reason, failed_at, attempts = stored.reason, stored.concluded_at or stored.received_at, 0
        destination = ""
    event = stored.event
    notification = Notification(
        event_id=event.id,
        event_type=event.type,
        occurred_at=event.timestamp,
        audience=Audience.OPERATORS,
        template=template,
        context={
            "subject_kind": dead.kind,
            "subject_id": dead.id,
            "about": event.type,
            "destination": destination,
            "reason": reason,
            "attempts": attempts,
        },
        # The same thread for all notices of one failure, and another for the next failure.
        thread=f"dead:{dead.id}:{to_ms(failed_at)}",
        test=event.test,
        only=event.only,
    )
    return notification, failed_at
