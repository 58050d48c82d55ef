"""A place as a command names it."""

from dataclasses import dataclass, field

from bot.model import Destination, Transport
from bot.slack_app.arguments import Where


@dataclass(frozen=True, slots=True)
class Target:
    """A destination as a command from here would name it.

    `owner` is the user whose own messages or mails it is about, empty for a channel; `zone` is that user's
    time zone, empty if Slack does not say.
    """

    to: Destination
    where: Where = Where.HERE
    owner: str = field(default="", repr=False)
    zone: str = ""

    @property
    def suffix(self) -> str:
        """What a command about the place ends with."""
        return "" if self.where is Where.HERE else f" {self.where}"

    @property
    def way(self) -> str:
        """How its owner gets what comes there."""
        if self.to.transport is Transport.EMAIL:
            return f"by mail to {self.to.address}"
        return "as direct messages"
