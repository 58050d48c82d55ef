"""Who is told: an audience becomes destinations, and destinations become deliveries."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.model import (
    Audience,
    Delivery,
    DeliveryState,
    Destination,
    Event,
    Notification,
    Notify,
    Transport,
    delivery_id,
)

Audiences = Mapping[Audience, Sequence[Destination]]


def deliveries_of(
    event: Event, notify: Notify, audiences: Audiences, since: datetime
) -> list[Delivery]:
    """One delivery to each destination; where there is none, one that is skipped and says why.

    `since` is when the bot received the event: what a delivery's latency is counted from.
    """
    notification = Notification(
        event_id=event.id,
        event_type=event.type,
        occurred_at=event.timestamp,
        audience=notify.audience,
        template=notify.template,
        context=notify.context,
        thread=notify.thread,
        test=event.test,
    )
    if notify.opt_in:
        return [skipped(notification, "nobody has subscribed to it", since)]
    reason = f"no Slack channel and no mail address is set for {notify.audience}"
    return deliveries_to(audiences[notify.audience], notification, reason, since)


def deliveries_to(
    destinations: Sequence[Destination],
    notification: Notification,
    why_nobody: str,
    since: datetime,
) -> list[Delivery]:
    """One delivery to each of these, or one that is skipped because there are none."""
    if not destinations:
        return [skipped(notification, why_nobody, since)]
    return [_delivery(notification, to, DeliveryState.PENDING, "", since) for to in destinations]


def skipped(notification: Notification, reason: str, since: datetime) -> Delivery:
    nobody = Destination(Transport.NOBODY, notification.audience)
    return _delivery(notification, nobody, DeliveryState.SKIPPED, reason, since)


def _delivery(
    notification: Notification, to: Destination, state: DeliveryState, reason: str, since: datetime
) -> Delivery:
    return Delivery(
        id=delivery_id(notification, to),
        notification=notification,
        destination=to,
        state=state,
        created_at=since,
        updated_at=since,
        reason=reason,
    )
