"""Who is notified: the destinations of a notification, and a delivery for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.delivery.subscriptions import (
    SETTING,
    Places,
    Recipient,
    configured_recipients,
    subscribers,
)
from bot.model import (
    Audience,
    DeadLetter,
    Delivery,
    DeliveryState,
    Destination,
    Notification,
    delivery_id,
)
from bot.model.unsubscribed import OPERATORS_ONLY, UNSUBSCRIBED_TEMPLATE


@dataclass(frozen=True, slots=True)
class Recipients:
    """Decides who gets a notification: the settings' destinations of each audience, and subscribers.

    What people follow ends when nothing has come about it for `retention`.
    """

    audiences: Mapping[Audience, Sequence[Destination]]
    retention: timedelta = timedelta.max

    def of(
        self, notification: Notification, places: Places, now: datetime
    ) -> tuple[list[Recipient], str]:
        """Return the recipients, one for each destination, and the reason if there are none.

        An `opt_in` notification is for subscribers only, those of `OPERATORS_ONLY` are never for them. That
        of an event for one destination `only` goes there, and nowhere else.
        """
        if notification.only:
            return [Recipient(notification.only, Audience.RECRUITERS, SETTING)], ""
        configured = () if notification.opt_in else self.audiences[notification.audience]
        if notification.template == UNSUBSCRIBED_TEMPLATE:  # the address itself is not told
            unsubscribed = notification.context["address"]
            configured = [to for to in configured if to.address != unsubscribed]
        found = configured_recipients(notification, configured, places)
        if notification.template not in OPERATORS_ONLY:
            taken = {recipient.destination for recipient in found}
            others = subscribers(notification, places, now, self.retention)
            found += [r for r in others if r.destination not in taken]
        if notification.opt_in:
            return found, "nobody has subscribed to it"
        if configured:
            return found, "everybody has unsubscribed from it"
        return found, f"no destination is set for {notification.audience}"


def deliveries_of(
    notification: Notification, recipients: Recipients, places: Places, since: datetime
) -> list[Delivery]:
    """Return a delivery of the notification for each of its recipients.

    `since` is when the bot received the event, from which the latency of a delivery is measured.
    """
    found, reason = recipients.of(notification, places, since)
    return deliveries_to(found, notification, reason, since)


def deliveries_to(
    recipients: Sequence[Recipient],
    notification: Notification,
    reason: str,
    since: datetime,
    about: DeadLetter | None = None,
) -> list[Delivery]:
    """Return one delivery per recipient, or a skipped one with the reason if there are none."""

    def delivery(
        audience: Audience, to: Destination | None, state: DeliveryState, rule: str, why: str
    ) -> Delivery:
        return Delivery(
            id=delivery_id(replace(notification, audience=audience), to),
            event_id=notification.event_id,
            audience=audience,
            template=notification.template,
            destination=to,
            state=state,
            created_at=since,
            updated_at=since,
            about=about,
            rule=rule,
            reason=why,
        )

    if not recipients:
        return [delivery(notification.audience, None, DeliveryState.SKIPPED, "", reason)]
    return [
        delivery(r.audience, r.destination, DeliveryState.PENDING, r.rule, "") for r in recipients
    ]
