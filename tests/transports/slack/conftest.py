"""Senders to the local Slack."""

from collections.abc import AsyncIterator, Callable

import pytest

from bot.errors import DeliveryError
from bot.fakes.slack.api import LocalSlack
from bot.transports.slack.client import slack_client
from bot.transports.slack.sender import SlackSender
from tests.transports.conftest import OutgoingPost

TOKEN = "xoxb-test-token"
OURS = {
    "event_type": "juicebox_delivery",
    "event_payload": {"delivery_id": "dlv_0123456789abcdef01234567"},
}


def check_lease() -> None:
    """Check a lease that is still held."""


@pytest.fixture
async def sender(slack_api: LocalSlack) -> AsyncIterator[SlackSender]:
    sender = SlackSender(slack_client(TOKEN, slack_api.url))
    yield sender
    await sender.close()


MakeSender = Callable[..., SlackSender]


@pytest.fixture
async def sender_to() -> AsyncIterator[MakeSender]:
    """Make senders with a short timeout to any URL."""
    made: list[SlackSender] = []

    def make(url: str, token: str = TOKEN) -> SlackSender:
        client = slack_client(token, url, timeout=1)
        made.append(SlackSender(client))
        return made[-1]

    yield make
    for sender in made:
        await sender.close()


async def failure(sender: SlackSender, message: OutgoingPost) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sender.send(message, check_lease)
    assert TOKEN not in caught.value.reason
    assert "1,204" not in caught.value.reason
    return caught.value
