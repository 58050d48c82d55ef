"""What talks to the outside: Slack, SMTP or the console."""

from collections.abc import Callable
from typing import Protocol

from bot.delivery.rate_limit import RateLimit
from bot.model import Delivery

CheckLease = Callable[[], None]
"""Raises `LeaseLost` if the delivery may be another worker's by now."""


class Sender(Protocol):
    """One way out."""

    def rate_limit(self, delivery: Delivery) -> RateLimit:
        """The limit that this delivery shares with others."""
        ...

    async def send(self, delivery: Delivery, check_lease: CheckLease) -> str:
        """Send the delivery; its receipt.

        An `maybe_delivered` delivery may have arrived already: the sender looks first where it can, and
        otherwise repeats the message under the same name. `check_lease` is called right before the call
        that cannot be taken back.

        Raises:
            DeliveryError: which says what should happen next.
            LeaseLost: out of `check_lease`.
        """
        ...

    async def close(self) -> None: ...
