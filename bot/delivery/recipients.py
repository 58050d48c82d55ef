"""Who is notified: the destinations of a notification, and a delivery for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model import (
    Audience,
    Delivery,
    DeliveryState,
    Destination,
    Event,
    Notification,
    Notify,
    delivery_id,
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The destinations of a notification, and the reason if there are none."""

    destinations: Sequence[Destination]
    reason: str


class Recipients(Protocol):
    """Decides who gets a notification."""

    async def resolve(self, notification: Notification, *, opt_in: bool = False) -> Resolved:
        """Return where the notification goes; an `opt_in` one goes to its subscribers only."""
        ...


@dataclass(frozen=True, slots=True)
class SettingsRecipients:
    """The destinations that the settings have for each audience. Nobody can subscribe yet."""

    audiences: Mapping[Audience, Sequence[Destination]]

    async def resolve(self, notification: Notification, *, opt_in: bool = False) -> Resolved:
        if opt_in:
            return Resolved((), "nobody has subscribed to it")
        audience = notification.audience
        return Resolved(self.audiences[audience], f"no destination is set for {audience}")


async def deliveries_of(
    event: Event, notify: Notify, recipients: Recipients, since: datetime
) -> list[Delivery]:
    """Return the deliveries of one of the event's notifications.

    `since` is when the bot received the event, from which the latency of a delivery is measured.
    """
    notification = notification_of(event, notify)
    resolved = await recipients.resolve(notification, opt_in=notify.opt_in)
    return deliveries_to(resolved.destinations, notification, resolved.reason, since)


def notification_of(event: Event, notify: Notify) -> Notification:
    return Notification(
        event_id=event.id,
        event_type=event.type,
        occurred_at=event.timestamp,
        audience=notify.audience,
        template=notify.template,
        context=notify.context,
        thread=notify.thread,
        test=event.test,
    )


def deliveries_to(
    destinations: Sequence[Destination], notification: Notification, reason: str, since: datetime
) -> list[Delivery]:
    """Return one delivery per destination, or a skipped one with the reason if there are none."""
    places: Sequence[Destination | None] = destinations or (None,)
    return [
        Delivery(
            id=delivery_id(notification, to),
            notification=notification,
            destination=to,
            state=DeliveryState.PENDING if destinations else DeliveryState.SKIPPED,
            created_at=since,
            updated_at=since,
            reason="" if destinations else reason,
        )
        for to in places
    ]
