"""The interface that delivery expects of a transport."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from bot.model import Destination, Notification
from bot.model.outgoing import OutgoingMessage, RateLimit

CheckLease = Callable[[], None]
"""Raises LeaseLost if another worker may have the delivery by now."""

C = TypeVar("C")


class Sender(Protocol[C]):
    """Sends finished content to the destinations of one transport."""

    def rate_limit(self, destination: Destination) -> RateLimit:
        """Return the rate limit that applies to this destination."""
        ...

    async def send(self, message: OutgoingMessage[C], check_lease: CheckLease) -> str:
        """Send the message and return its receipt: the id that the service gave it.

        A message that is `maybe_delivered` is looked up first if the service can be searched, and sent
        again under the same id otherwise. `check_lease` is called right before the call that cannot be
        undone.

        Raises:
            DeliveryError: says whether and when to retry.
            LeaseLost: from `check_lease`.
        """
        ...

    async def close(self) -> None: ...


@runtime_checkable
class CanUpdate(Protocol):
    """A sender that can change what a message says after it was sent. A mail cannot be changed."""

    async def update(self, receipt: str, content: Any) -> None:
        """Replace the content of the message that `send` returned this receipt for; is idempotent.

        Raises:
            DeliveryError: says whether and when to retry.
        """
        ...


@dataclass(frozen=True, slots=True)
class ActiveTransport(Generic[C]):
    """A configured transport.

    `resent_note` is shown in the timeline if a message had to be sent again.
    """

    render: Callable[[Notification], C]
    sender: Sender[C]
    resent_note: str = "sent again"
