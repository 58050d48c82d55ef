"""What has become of a failure, and what the notices about it are to say then. No I/O."""

from collections.abc import Iterator
from enum import StrEnum

from bot.delivery.notice import notification_about
from bot.model import (
    NOTICE_TEMPLATE,
    Audience,
    DeadLetter,
    Delivery,
    DeliveryState,
    EventState,
    Notification,
)
from bot.store.stored_event import StoredEvent


class Outcome(StrEnum):
    """What has become of a failure. The value is the variable `outcome` of the notice's template."""

    FAILED = ""
    UNDER_WAY = "under way"
    SENT = "sent"
    HANDLED = "handled"
    """The event's handler has run; nothing had to be sent, or nothing was."""
    FAILED_AGAIN = "failed again"
    """There is another notice about that."""
    NOT_SENT = "not sent"


_OF_DELIVERY = {
    DeliveryState.FAILED: Outcome.FAILED,
    DeliveryState.SENT: Outcome.SENT,
    DeliveryState.SKIPPED: Outcome.NOT_SENT,
}
_OF_EVENT = {
    EventState.DEAD: Outcome.FAILED,
    EventState.ACCEPTED: Outcome.UNDER_WAY,
    EventState.UNHANDLED: Outcome.HANDLED,
    EventState.FORGOTTEN: Outcome.NOT_SENT,
}


def outcome_of(stored: StoredEvent, dead: DeadLetter) -> Outcome:
    """Return what has become of the event, or of its delivery."""
    if dead.delivery_id:
        delivery = stored.delivery(dead.delivery_id)
        if delivery is None:
            return Outcome.NOT_SENT
        return _OF_DELIVERY.get(delivery.state, Outcome.UNDER_WAY)
    if stored.state is not EventState.HANDLED:
        return _OF_EVENT[stored.state]
    deliveries = [d for d in stored.deliveries if not d.is_notice]
    if any(d.state is DeliveryState.SENT for d in deliveries):
        return Outcome.SENT
    is_settled = all(d.state.is_settled for d in deliveries)
    return Outcome.HANDLED if is_settled else Outcome.UNDER_WAY


def updated_notification(
    stored: StoredEvent, dead: DeadLetter, outcome: Outcome, by: str = ""
) -> Notification:
    """Return what notices say about the dead letter now; `by` is the Slack user who has retried it."""
    event, delivery = stored.event, stored.delivery(dead.delivery_id)
    reason = delivery.reason if delivery else stored.reason
    return Notification(
        event_id=event.id,
        event_type=event.type,
        occurred_at=event.timestamp,
        audience=Audience.OPERATORS,
        template=NOTICE_TEMPLATE,
        context={
            "subject_kind": dead.kind,
            "subject_id": dead.id,
            "about": event.type,
            "destination": str(delivery.destination or "") if delivery else "",
            "reason": reason,
            "attempts": delivery.attempts if delivery else 0,
            "outcome": str(outcome),
            "by": by,
        },
        test=event.test,
    )


def outdated_notices(stored: StoredEvent) -> Iterator[tuple[Delivery, DeadLetter, Outcome]]:
    """Yield the notices that were sent and are not true any more, with what has become of the failure.

    One that went out in a summary is left as it is.
    """
    for notice in stored.deliveries:
        if notice.about is None or notice.template != NOTICE_TEMPLATE:
            continue
        if notice.message or not _may_be_shown(notice):
            continue
        if isinstance(notification_about(stored, notice), Notification):
            continue
        outcome = outcome_of(stored, notice.about)
        if outcome is Outcome.FAILED:
            outcome = Outcome.FAILED_AGAIN
        if outcome is not Outcome.UNDER_WAY and notice.shown != outcome:
            yield notice, notice.about, outcome


def _may_be_shown(notice: Delivery) -> bool:
    return notice.state in {DeliveryState.SENT, DeliveryState.SENDING}
