"""A delivery that is being sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.delivery.sender import ActiveTransport
from bot.model import Delivery, Destination, Notification, Transport
from bot.model.outgoing import OutgoingMessage


class Contents:
    """Renders each notification once for each transport, however many destinations it has."""

    def __init__(self) -> None:
        self._rendered: dict[tuple[Transport, int], Any] = {}

    def render(
        self, name: Transport, transport: ActiveTransport[Any], notification: Notification
    ) -> Any:
        """Return the content. A notification is recognized by its identity.

        Raises:
            RenderError: if its template cannot render it.
        """
        key = name, id(notification)
        if key not in self._rendered:
            self._rendered[key] = transport.render(notification)
        return self._rendered[key]


@dataclass(slots=True)
class Call:
    """The call of a transport's sender for one delivery."""

    transport: ActiveTransport[Any]
    destination: Destination
    notification: Notification
    delivery: Delivery
    contents: Contents = field(repr=False)
    seconds: float = 0.0
    """How long the sender took."""
    began: bool = False
    """Whether the message was handed over to the service."""

    async def send(self, check_lease: Callable[[], None]) -> str:
        """Render and send the message; return its receipt.

        Raises:
            DeliveryError: if it was not sent.
            RenderError: if its template cannot render it.
            LeaseLost: from `check_lease`, which is called right before the call.
        """

        def before_call() -> None:
            check_lease()
            self.began = True

        content = self.contents.render(
            self.destination.transport, self.transport, self.notification
        )
        message = OutgoingMessage(
            id=self.delivery.id,
            destination=self.destination,
            content=content,
            created_at=self.delivery.created_at,
            maybe_delivered=self.delivery.maybe_delivered,
            earlier_id=self.delivery.earlier_message,
        )
        return await self.transport.sender.send(message, before_call)

    def note(self) -> str:
        """Return what the timeline adds to "sent": a message found or sent again, rate limits."""
        notes = []
        if self.delivery.maybe_delivered:
            found = "found in the channel, not posted again"
            notes.append(self.transport.resent_note if self.began else found)
        if self.delivery.waits > 1:
            notes.append(f"delayed {self.delivery.waits} times by a rate limit")
        return "; ".join(notes)
