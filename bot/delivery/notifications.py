"""The notifications of an event, made by its handler."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.model import Event, Handler, Intent, Notification, Notify, Policy, Record

FindHandler = Callable[[str], Handler[Any] | None]
"""Returns the handler of a type of event, or None."""


@dataclass(frozen=True, slots=True)
class Notifications:
    """Runs handlers, which are pure: the notification of a delivery is made again for every attempt."""

    find_handler: FindHandler
    policy: Policy

    def intents(self, event: Event) -> Sequence[Intent] | None:
        """Return what the event's handler asks for, or None if its type has no handler.

        Raises:
            InvalidData: if the event's data does not fit its type.
        """
        handler = self.find_handler(event.type)
        return handler.run(event, self.policy) if handler else None

    def of_event(self, event: Event) -> Sequence[Notification]:
        """Return every notification that the handler asks for."""
        intents = self.intents(event) or ()
        return [notification_of(event, i) for i in intents if isinstance(i, Notify)]

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
