"""Who is notified: the destinations of a notification, and a delivery for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model import (
    Audience,
    DeadLetter,
    Delivery,
    DeliveryState,
    Destination,
    Notification,
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
    notification: Notification, recipients: Recipients, since: datetime, *, opt_in: bool = False
) -> list[Delivery]:
    """Return a delivery of the notification for each of its recipients.

    `since` is when the bot received the event, from which the latency of a delivery is measured.
    """
    resolved = await recipients.resolve(notification, opt_in=opt_in)
    return deliveries_to(resolved.destinations, notification, resolved.reason, since)


def deliveries_to(
    destinations: Sequence[Destination],
    notification: Notification,
    reason: str,
    since: datetime,
    about: DeadLetter | None = None,
) -> list[Delivery]:
    """Return one delivery per destination, or a skipped one with the reason if there are none."""
    skipped = not destinations
    return [
        Delivery(
            id=delivery_id(notification, to),
            event_id=notification.event_id,
            audience=notification.audience,
            template=notification.template,
            destination=to,
            state=DeliveryState.SKIPPED if skipped else DeliveryState.PENDING,
            created_at=since,
            updated_at=since,
            about=about,
            reason=reason if skipped else "",
        )
        for to in destinations or (None,)
    ]
