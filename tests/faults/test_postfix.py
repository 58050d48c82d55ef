"""A real Postfix: with few connections, strict EHLO checks, or a slow content check."""

import asyncio
from collections import Counter

import aiosmtplib
import pytest
from redis.asyncio import Redis

from bot.errors import DeliveryError
from bot.model import DeliveryState, Destination, Transport
from bot.model.finding import Severity
from bot.model.outgoing import OutgoingMessage
from bot.store.smtp_slots import SmtpSlots
from bot.transports.email.client import SmtpConnector
from bot.transports.email.content import Mail
from bot.transports.email.pool import SmtpPool
from bot.transports.email.sender import EmailSender
from bot.transports.email.smtp_url import parse_smtp_url
from tests.app import MakeSettings, envelope
from tests.doctor.findings import found
from tests.factories import NOW, seconds
from tests.faults.deployment import Deployment
from tests.polling import until
from tests.postfix import Postfix, postfix
from tests.stored_events import deliveries_of, is_to

STRICT = {
    "smtpd_helo_restrictions": (
        "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, check_helo_access"
        " inline:{ { [127.0.0.1] = 421 4.7.0 Try again later, closing connection } }"
    )
}
"""The last rule is Google's: https://support.google.com/a/answer/2956491 on smtp-relay.gmail.com."""


async def until_listening(server: Postfix) -> None:
    async def answers() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    await until(answers)


async def until_delivered(server: Postfix, count: int) -> None:
    async def all_are() -> bool:
        return server.delivered >= count

    await until(all_are)


async def send_all(deployment: Deployment, server: Postfix, count: int, workers: int) -> None:
    """Send events through the workers; check that each mail arrives once, at the first attempt."""
    events = [f"evt_{n}" for n in range(count)]
    async with deployment.web() as web:
        await asyncio.gather(*(web.receive(envelope(event)) for event in events))
    async with deployment.worker(SMTP_URL=server.url):
        if workers > 1:
            async with deployment.worker(SMTP_URL=server.url):
                await deployment.settled(events)
        else:
            await deployment.settled(events)
    deliveries = await deliveries_of(deployment.store, *events)
    mails = [d for d in deliveries if is_to(d, Transport.EMAIL)]
    assert {(d.state, d.attempts) for d in mails} == {(DeliveryState.SENT, 1)}
    await until_delivered(server, count)
    assert Counter(server.message_ids) == Counter(d.receipt for d in mails)


async def test_70_mails_with_a_limit_of_three_connections_arrive_once_without_a_refusal(
    deployment: Deployment,
) -> None:
    with postfix({"smtpd_client_connection_count_limit": "3"}) as server:
        await until_listening(server)
        await send_all(deployment, server, 70, workers=2)
        assert "Connection concurrency limit exceeded" not in server.log()


async def test_a_mail_that_postfix_checks_for_16_seconds_arrives_once(
    deployment: Deployment,
) -> None:
    """16 s, since the timeout for a whole mail was 15 s once."""
    with postfix({"smtpd_end_of_data_restrictions": "sleep 16"}) as server:
        await until_listening(server)
        await send_all(deployment, server, 1, workers=1)


async def test_a_limit_below_ours_is_a_rate_limit(redis: Redis) -> None:
    """The bot uses up to ten connections, and Postfix allows one: 421 uses no attempt."""
    messages = [
        OutgoingMessage(
            f"dlv_{n}",
            Destination(Transport.EMAIL, f"r{n}@example.org"),
            Mail("Search completed", "Search completed\n", "<p>Search completed</p>", "recruiters"),
            NOW,
        )
        for n in range(12)
    ]
    refusals: Counter[str] = Counter()

    async def send_until_accepted(number: int) -> None:
        while True:
            try:
                await senders[number % 2].send(messages[number], lambda: None)
            except DeliveryError as error:
                if error.uses_attempt or error.after is None:
                    raise
                refusals[error.reason[:8]] += 1
                await asyncio.sleep(error.after.total_seconds())
            else:
                return

    with postfix({"smtpd_client_connection_count_limit": "1"}) as server:
        await until_listening(server)
        connector = SmtpConnector(parse_smtp_url(server.url), "bot.example.com")
        slots = SmtpSlots(redis, "127.0.0.1", server.port, count=10)
        pools = [SmtpPool(connector, slots, idle_timeout=seconds(0.05)) for _ in range(2)]
        senders = [EmailSender(pool, "bot@example.com", load_wait=seconds(0.5)) for pool in pools]
        await asyncio.gather(*map(send_until_accepted, range(len(messages))))
        for sender in senders:
            await sender.close()
        await until_delivered(server, len(messages))
        assert set(Counter(server.message_ids).values()) == {1}
    assert refusals["SMTP 421"] > 0


async def test_the_name_in_ehlo_is_accepted_where_an_address_literal_is_not(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine whose host name is not a domain, as on Heroku."""
    monkeypatch.setattr("socket.gethostname", lambda: "d6f0a1b2c3d4")
    with postfix(STRICT) as server:
        await until_listening(server)
        findings = await found(make_settings(SMTP_URL=server.url))
        assert findings["Mail server"].severity is Severity.OK
        for name, code in (("[127.0.0.1]", 421), ("d6f0a1b2c3d4", 504), ("bot..example.com", 501)):
            connector = SmtpConnector(parse_smtp_url(server.url), name)
            with pytest.raises(aiosmtplib.SMTPHeloError) as refused:
                await connector.connect()
            assert refused.value.code == code
        findings = await found(make_settings(SMTP_URL=server.url, SMTP_HELO_NAME="[127.0.0.1]"))
        assert "it answers 421 to EHLO [127.0.0.1]" in findings["Mail server"].text
        assert "SMTP_HELO_NAME" in findings["Mail server"].fix
