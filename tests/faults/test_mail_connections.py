"""Mail servers that are slow or allow few connections: every mail arrives once, and Slack is not delayed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest

from bot.fakes.faults import SmtpFault
from bot.fakes.smtp import Inbox
from bot.model import Delivery, DeliveryState, Transport
from tests.app import envelope
from tests.faults.deployment import Deployment
from tests.polling import HANG_TIMEOUT, until
from tests.stored_events import deliveries_of, is_to

POST = "chat.postMessage"


@pytest.fixture
async def mail_server() -> AsyncIterator[Inbox]:
    """A mail server that allows three connections, as Microsoft 365 does."""
    async with Inbox(max_connections=3) as inbox:
        yield inbox


async def mails_of(deployment: Deployment, events: Sequence[str]) -> list[Delivery]:
    deliveries = await deliveries_of(deployment.store, *events)
    return [d for d in deliveries if is_to(d, Transport.EMAIL)]


async def test_70_mails_to_a_server_with_three_connections_arrive_once_at_the_first_attempt(
    deployment: Deployment, mail_server: Inbox
) -> None:
    """Two workers together use two connections at most."""
    events = [f"evt_{n}" for n in range(70)]
    async with deployment.web() as web:
        await asyncio.gather(*(web.receive(envelope(event)) for event in events))
    async with (
        deployment.worker(SMTP_URL=mail_server.url),
        deployment.worker(SMTP_URL=mail_server.url),
    ):
        await deployment.settled(events)
    deliveries = await mails_of(deployment, events)
    assert {(d.state, d.attempts) for d in deliveries} == {(DeliveryState.SENT, 1)}
    arrived = Counter(str(mail.message["Message-ID"]) for mail in mail_server.mails)
    assert arrived == Counter(d.receipt for d in deliveries)
    assert set(arrived.values()) == {1}
    assert mail_server.connections.peak <= 2
    assert mail_server.connections.refused == 0
    assert mail_server.connections.served < len(events)


async def test_a_killed_workers_connections_are_free_for_another_one(
    deployment: Deployment, mail_server: Inbox
) -> None:
    events = [f"evt_{n}" for n in range(4)]
    mail_server.plan_faults("DATA", [SmtpFault.hang()] * 2)
    async with deployment.web() as web:
        await asyncio.gather(*(web.receive(envelope(event)) for event in events))
    async with deployment.worker(SMTP_URL=mail_server.url) as first:

        async def both_hang() -> bool:
            return mail_server.commands.count("DATA") == 2

        await until(both_hang)
        first.process.kill()
        await first.process.wait()
    async with deployment.worker(SMTP_URL=mail_server.url):
        await deployment.settled(events)
    assert sorted(m.recipients[0] for m in mail_server.mails) == ["recruiter@example.com"] * 4
    assert {d.state for d in await mails_of(deployment, events)} == {DeliveryState.SENT}


async def test_a_mail_server_that_does_not_reply_delays_no_message_in_slack(
    deployment: Deployment, mail_server: Inbox
) -> None:
    """More mails than the worker has job slots, and all its connections hang until the timeout."""
    events = [f"evt_{n}" for n in range(40)]
    mail_server.plan_faults("DATA", [SmtpFault.hang()] * len(events))
    async with deployment.web() as web, deployment.worker(SMTP_URL=mail_server.url) as worker:
        await asyncio.gather(*(web.receive(envelope(event)) for event in events))
        await deployment.slack.wait_for(len(events))
        assert mail_server.commands.count("DATA") <= 2
        assert mail_server.connections.peak <= 2
        worker.process.terminate()
        async with asyncio.timeout(HANG_TIMEOUT):
            assert await worker.process.wait() == 0, worker.log()
    deliveries = await mails_of(deployment, events)
    assert {d.state for d in deliveries} <= {DeliveryState.RETRYING, DeliveryState.SENDING}
    assert mail_server.mails == []
