"""A sender of mails, and the inbox that it sends to."""

import ssl
from datetime import timedelta

import pytest

from bot.delivery.render import Renderer
from bot.delivery.senders.email import EmailSender
from bot.demo.inbox import Inbox
from bot.errors import DeliveryError
from bot.model import Channel, Delivery
from bot.smtp_url import parse_smtp_url
from tests.delivery.senders.conftest import NOW, MakeDelivery

FROM = "Juicebox <bot@example.com>"
MESSAGE_ID = "<dlv_0123456789abcdef01234567@example.com>"


def ensure() -> None:
    """The lease is ours."""


@pytest.fixture
def delivery(make_delivery: MakeDelivery) -> Delivery:
    return make_delivery("recruiter@example.org", Channel.EMAIL)


@pytest.fixture
def sender(inbox: Inbox, renderer: Renderer) -> EmailSender:
    return sender_to(inbox.url, renderer)


def sender_to(
    url: str,
    renderer: Renderer,
    *,
    address: str = FROM,
    tls: ssl.SSLContext | None = None,
    seconds: float = 60,
) -> EmailSender:
    patience = timedelta(seconds=seconds)
    smtp = parse_smtp_url(url)
    return EmailSender(smtp, address, renderer, timeout=patience, tls=tls, clock=lambda: NOW)


async def failure(sender: EmailSender, delivery: Delivery) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sender.send(delivery, ensure)
    assert "@" not in caught.value.reason
    return caught.value
