"""The notifications of an event, made by its handler."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.delivery.other_event import notify_of_other
from bot.model import Event, Handler, Intent, Notification, Notify, Policy, Record

FindHandler = Callable[[str], Handler[Any] | None]
"""Returns the handler of a type of event, or None."""


@dataclass(frozen=True, slots=True)
class Notifications:
    """Runs handlers, which are pure: the notification of a delivery is made again for every attempt."""

    find_handler: FindHandler
    policy: Policy

    def has_handler(self, event_type: str) -> bool:
        return self.find_handler(event_type) is not None

    def intents(self, event: Event) -> Sequence[Intent]:
        """Return what the event's handler asks for; without a handler, its subscribers are notified.

        Raises:
            InvalidData: if the event's data does not fit its type.
        """
        handler = self.find_handler(event.type)
        return handler.run(event, self.policy) if handler else [notify_of_other(event)]

    def of_event(self, event: Event) -> Sequence[Notification]:
        """Return every notification of the event."""
        return [notification_of(event, i) for i in self.intents(event) if isinstance(i, Notify)]

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
    )
