"""What delivery needs of a transport."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.model import Destination, Notification
from bot.model.outgoing import OutgoingMessage, RateLimit

CheckLease = Callable[[], None]
"""Raises LeaseLost if another worker may have the delivery by now."""

C = TypeVar("C")


class Sender(Protocol[C]):
    """Sends finished content to the destinations of one transport."""

    def rate_limit(self, destination: Destination) -> RateLimit:
        """Return the limit that messages to this destination share with others."""
        ...

    async def send(self, message: OutgoingMessage[C], check_lease: CheckLease) -> str:
        """Send the message and return its receipt: the id that the other side knows it by.

        If the message is `maybe_delivered`, the sender looks for it first where it can, and otherwise
        sends it again under the same id. It calls `check_lease` right before the irreversible call.

        Raises:
            DeliveryError: which says whether and when to retry.
            LeaseLost: from `check_lease`.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ActiveTransport(Generic[C]):
    """A transport that is configured: how its messages are rendered and sent.

    The timeline shows `resent_note` where a message was sent again because it may not have arrived.
    """

    render: Callable[[Notification], C]
    sender: Sender[C]
    resent_note: str = "sent again"
