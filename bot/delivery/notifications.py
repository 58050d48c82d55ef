"""The notifications of an event, made by its handler."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.delivery.notice import notification_about
from bot.delivery.other_event import notify_of_other
from bot.delivery.subscriptions import variants_of
from bot.delivery.unsubscribed import unsubscribed
from bot.errors import DeliveryError
from bot.model import (
    Delivery,
    Event,
    Handler,
    Intent,
    InvalidData,
    Notification,
    Notify,
    Policy,
    Record,
    delivery_id,
)
from bot.model.unsubscribed import UNSUBSCRIBED
from bot.rendering.graphemes import cut
from bot.store.stored_event import StoredEvent

LONGEST_REASON = 500
_NO_LONGER_ASKED_FOR = "its handler does not ask for it any more"

_log = structlog.get_logger()

FindHandler = Callable[[str], Handler[Any] | None]
"""Returns the handler of a type of event, or None."""


@dataclass(frozen=True, slots=True)
class Notifications:
    """Runs handlers, which are pure: the notification of a delivery is made again for every attempt."""

    find_handler: FindHandler
    policy: Policy

    def has_handler(self, event_type: str) -> bool:
        return self._handler(event_type) is not None

    def intents(self, event: Event) -> Sequence[Intent]:
        """Return what the event's handler asks for; without a handler, its subscribers are notified.

        Raises:
            InvalidData: if the event's data does not fit its type.
        """
        handler = self._handler(event.type)
        return handler.run(event, self.policy) if handler else [notify_of_other(event)]

    def of_event(self, event: Event) -> Sequence[Notification]:
        """Return every notification of the event, in the variants of `variants_of`."""
        made = [notification_of(event, i) for i in self.intents(event) if isinstance(i, Notify)]
        return [variant for notification in made for variant in variants_of(notification)]

    def for_deliveries(
        self, deliveries: Sequence[Delivery], event: Event
    ) -> Sequence[Notification] | DeliveryError:
        """Return what the event's handler asks for, or why it fails now. Notices need no handler."""
        if all(delivery.is_notice for delivery in deliveries):
            return ()
        try:
            return self.of_event(event)
        except InvalidData as error:
            return DeliveryError.permanent(str(error))
        except Exception as error:  # noqa: BLE001  # it may be another release's than the one that ran first
            _log.exception("handler failed", event_id=event.id)
            reason = f"its handler failed: {type(error).__name__}: {error}"
            return DeliveryError.permanent(cut(reason, LONGEST_REASON))

    def _handler(self, event_type: str) -> Handler[Any] | None:
        return unsubscribed if event_type == UNSUBSCRIBED else self.find_handler(event_type)

    def cached_key_of(self, event: Event, record: Record) -> str:
        """Return the key under which other programs cache this record, or an empty string."""
        handler = self.find_handler(event.type)
        return handler.cached_key_of(record) if handler else ""


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
        only=event.only,
        query=notify.query,
        count=notify.count,
        url=notify.url,
        url_expires_at=notify.url_expires_at,
        opt_in=notify.opt_in,
        urgent=notify.urgent,
    )


def notification_for(
    delivery: Delivery,
    stored: StoredEvent,
    notifications: Sequence[Notification] | DeliveryError,
) -> Notification | DeliveryError | str:
    """Return what the delivery is to say, why that fails, or why it need not be sent."""
    if delivery.is_notice:
        return notification_about(stored, delivery)
    if isinstance(notifications, DeliveryError):
        return notifications
    of_delivery = (n for n in notifications if delivery_id(n, delivery.destination) == delivery.id)
    return next(of_delivery, _NO_LONGER_ASKED_FOR)
