"""Outgoing messages."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.model import Audience, Destination, Transport
from bot.model.outgoing import OutgoingMessage
from bot.transports.email.content import Mail
from bot.transports.slack.message import SlackMessage
from tests.factories import NOW

MakeMessage = Callable[..., OutgoingMessage[Any]]
OutgoingMail = OutgoingMessage[Mail]
OutgoingPost = OutgoingMessage[SlackMessage]


def content_for(transport: Transport, thread: str) -> SlackMessage | Mail:
    if transport is Transport.SLACK:
        text = {"type": "mrkdwn", "text": "*Found* 1,204 results"}
        return SlackMessage("Found 1,204 results", ({"type": "section", "text": text},))
    html = "<p>Found 1,204 results</p>"
    recruiters = str(Audience.RECRUITERS)
    return Mail("Found 1,204 results", "Found 1,204 results\n", html, recruiters, thread)


@pytest.fixture
def make_message() -> MakeMessage:
    """A message about a finished search, changed by keywords."""

    def make(
        address: str, transport: Transport = Transport.SLACK, *, thread: str = "", **changes: Any
    ) -> OutgoingMessage[Any]:
        values: dict[str, Any] = {
            "id": "dlv_0123456789abcdef01234567",
            "destination": Destination(transport, address),
            "content": content_for(transport, thread),
            "created_at": NOW,
        }
        return OutgoingMessage(**{**values, **changes})

    return make
