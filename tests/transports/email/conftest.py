"""Senders of mails."""

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Protocol

import pytest
from redis.asyncio import Redis

from bot.errors import DeliveryError
from bot.fakes.smtp import Inbox
from bot.model import Transport
from bot.store.smtp_slots import SmtpSlots
from bot.transports.email.client import SmtpConnector, SmtpTimeouts
from bot.transports.email.pool import SmtpPool
from bot.transports.email.sender import EmailSender
from bot.transports.email.smtp_url import parse_smtp_url
from tests.factories import NOW
from tests.transports.conftest import MakeMessage, OutgoingMail

FROM = "Juicebox <bot@example.com>"
SHORT = SmtpTimeouts(connect=5, command=5, data=5, quit=2)
WAITING = "waiting for a connection to the mail server"
MESSAGE_ID = "<dlv_0123456789abcdef01234567@example.com>"


def check_lease() -> None:
    """Check a lease that is still held."""


@pytest.fixture
def message(make_message: MakeMessage) -> OutgoingMail:
    return make_message("recruiter@example.org", Transport.EMAIL)


class MakeSender(Protocol):
    def __call__(
        self,
        url: str,
        *,
        address: str = FROM,
        tls: ssl.SSLContext | None = None,
        timeouts: SmtpTimeouts = SHORT,
        connections: int = 10,
        idle: float = 60,
        max_uses: int = 100,
        lease: float = 15,
        load_wait: float = 30,
        acquire_timeout: float = 5,
    ) -> EmailSender: ...


@pytest.fixture
async def sender_to(redis: Redis) -> AsyncIterator[MakeSender]:
    """Make senders, which are closed after the test."""
    made: list[EmailSender] = []

    def make(
        url: str,
        *,
        address: str = FROM,
        tls: ssl.SSLContext | None = None,
        timeouts: SmtpTimeouts = SHORT,
        connections: int = 10,
        idle: float = 60,
        max_uses: int = 100,
        lease: float = 15,
        load_wait: float = 30,
        acquire_timeout: float = 5,
    ) -> EmailSender:
        smtp = parse_smtp_url(url)
        connector = SmtpConnector(smtp, "bot.example.com", timeouts, tls)
        lasts = timedelta(seconds=lease)
        slots = SmtpSlots(redis, smtp.host, smtp.port, count=connections, lease=lasts)
        pool = SmtpPool(
            connector,
            slots,
            idle_timeout=timedelta(seconds=idle),
            max_uses=max_uses,
            acquire_timeout=timedelta(seconds=acquire_timeout),
        )
        sender = EmailSender(
            pool,
            address,
            clock=lambda: NOW,
            jitter=lambda: 0.0,
            load_wait=timedelta(seconds=load_wait),
        )
        made.append(sender)
        return sender

    yield make
    for sender in made:
        await sender.close()


@pytest.fixture
def sender(inbox: Inbox, sender_to: MakeSender) -> EmailSender:
    return sender_to(inbox.url)


async def failure(sender: EmailSender, message: OutgoingMail) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sender.send(message, check_lease)
    assert "@" not in caught.value.reason
    return caught.value
