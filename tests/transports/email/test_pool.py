"""Connections to the mail server are limited, reused, and replaced when closed."""

import asyncio
from collections.abc import Iterable

import pytest
from redis.asyncio import Redis

from bot.errors import DeliveryError
from bot.fakes.faults import SmtpFault
from bot.fakes.smtp import Inbox
from bot.model import Transport
from bot.store import keys
from bot.transports.email.client import SmtpTimeouts
from bot.transports.email.sender import EmailSender
from tests.polling import until
from tests.scripted_smtp import SILENT, scripted_smtp
from tests.transports.conftest import MakeMessage, OutgoingMail
from tests.transports.email.conftest import MESSAGE_ID, WAITING, MakeSender, check_lease, failure


@pytest.fixture
def deliveries(make_message: MakeMessage) -> list[OutgoingMail]:
    return [make_message(f"r{n}@example.org", Transport.EMAIL) for n in range(20)]


async def send_all(senders: Iterable[EmailSender], deliveries: Iterable[OutgoingMail]) -> None:
    """Send every delivery with one of the senders, again after each rate limit."""
    [*all_senders] = senders

    async def send(number: int, message: OutgoingMail) -> None:
        while True:
            try:
                await all_senders[number % len(all_senders)].send(message, check_lease)
            except DeliveryError as error:
                if error.uses_attempt or not error.after:
                    raise
                await asyncio.sleep(error.after.total_seconds())
            else:
                return

    await asyncio.gather(*(send(number, message) for number, message in enumerate(deliveries)))


async def test_a_connection_carries_several_mails(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail
) -> None:
    for _ in range(3):
        await sender.send(message, check_lease)
    await sender.close()
    assert inbox.commands == ["MAIL", "RCPT", "DATA"] * 3 + ["QUIT"]
    assert inbox.connections.served == 1


async def test_a_connection_is_closed_after_so_many_mails(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender
) -> None:
    sender = sender_to(inbox.url, max_uses=2, connections=1)
    await send_all([sender], [message] * 4)
    await sender.close()
    assert inbox.connections.served == 2
    assert inbox.commands.count("QUIT") == 2


async def test_an_idle_connection_is_closed_and_its_slot_released(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender, redis: Redis
) -> None:
    sender = sender_to(inbox.url, idle=0.05)
    await sender.send(message, check_lease)

    async def released() -> bool:
        return not await redis.exists(keys.smtp_slots("127.0.0.1", inbox.port))

    await until(released)
    assert inbox.connections.open == 0
    assert inbox.commands[-1] == "QUIT"


async def test_a_slot_that_could_not_be_released_is_used_for_the_next_connection(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender, redis: Redis
) -> None:
    sender = sender_to(inbox.url, connections=1)
    await sender.send(message, check_lease)
    await redis.execute_command("REPLICAOF", "127.0.0.1", "1")  # read-only
    try:
        await sender.close()
    finally:
        await redis.execute_command("REPLICAOF", "NO", "ONE")
    assert await redis.zcard(keys.smtp_slots("127.0.0.1", inbox.port)) == 1
    await sender.send(message, check_lease)
    await sender.close()
    assert len(inbox.mails) == 2
    assert not await redis.exists(keys.smtp_slots("127.0.0.1", inbox.port))


async def test_several_senders_never_open_more_connections_than_slots(
    inbox: Inbox, deliveries: list[OutgoingMail], sender_to: MakeSender
) -> None:
    senders = [sender_to(inbox.url, connections=2, idle=0.05) for _ in range(3)]
    await send_all(senders, deliveries)
    assert sorted(m.recipients[0] for m in inbox.mails) == sorted(
        d.destination.address for d in deliveries
    )
    assert inbox.connections.peak <= 2


async def test_a_server_with_a_lower_connection_limit_gets_every_mail_once(
    deliveries: list[OutgoingMail], sender_to: MakeSender
) -> None:
    async with Inbox(max_connections=3) as inbox:
        senders = [sender_to(inbox.url, connections=10, idle=0.05, load_wait=0.1) for _ in range(2)]
        await send_all(senders, deliveries)
        for sender in senders:
            await sender.close()
    assert sorted(m.recipients[0] for m in inbox.mails) == sorted(
        d.destination.address for d in deliveries
    )
    assert inbox.connections.refused > 0
    assert inbox.connections.peak <= 3


async def test_mails_of_one_process_wait_for_a_connection(
    inbox: Inbox, deliveries: list[OutgoingMail], sender_to: MakeSender
) -> None:
    sender = sender_to(inbox.url, connections=1, max_uses=7)
    await asyncio.gather(*(sender.send(message, check_lease) for message in deliveries))
    await sender.close()
    assert [m.recipients[0] for m in inbox.mails] == [d.destination.address for d in deliveries]
    assert inbox.connections.peak == 1


async def test_a_mail_that_is_cancelled_while_it_waits_does_not_keep_the_connection(
    inbox: Inbox, deliveries: list[OutgoingMail], sender_to: MakeSender
) -> None:
    inbox.plan_faults("DATA", [SmtpFault.hang()])
    sender = sender_to(inbox.url, connections=1, timeouts=SmtpTimeouts(data=1))
    first, second, third = (
        asyncio.create_task(sender.send(message, check_lease)) for message in deliveries[:3]
    )

    async def hangs() -> bool:
        return "DATA" in inbox.commands

    await until(hangs)
    second.cancel()
    with pytest.raises(DeliveryError):
        await first
    await third
    assert [m.recipients[0] for m in inbox.mails] == [deliveries[2].destination.address]


async def test_a_process_opens_at_most_ten_connections(
    inbox: Inbox, deliveries: list[OutgoingMail], sender_to: MakeSender
) -> None:
    inbox.plan_faults("DATA", [SmtpFault.hang()] * len(deliveries))
    timeouts = SmtpTimeouts(data=2)
    sender = sender_to(inbox.url, connections=50, timeouts=timeouts, acquire_timeout=0.1)
    outcomes = await asyncio.gather(
        *(sender.send(message, check_lease) for message in deliveries), return_exceptions=True
    )
    assert [getattr(error, "reason", "") for error in outcomes].count(WAITING) == 10
    assert inbox.connections.peak == 10


@pytest.mark.parametrize(
    "closing",
    [
        pytest.param([], id="closed while idle"),
        pytest.param(["421 4.4.2 timeout"], id="421 to MAIL"),
        pytest.param(["250 ok", "421 4.3.2 going down"], id="421 to RCPT"),
    ],
)
async def test_a_closed_connection_is_replaced_and_the_mail_is_sent_once(
    message: OutgoingMail, sender_to: MakeSender, closing: list[str]
) -> None:
    first = ["220 hi", "250 hello", "250 ok", "250 ok", "354 go on", "250 ok"]
    async with scripted_smtp([*first, *closing], [*first, "221 bye"]) as server:
        sender = sender_to(f"smtp://127.0.0.1:{server.port}", connections=1)
        for _ in range(2):
            assert await sender.send(message, check_lease) == MESSAGE_ID
        await sender.close()
    assert server.connections == 2
    assert server.received.count("DATA") == 2


async def test_a_mail_whose_transfer_began_is_not_sent_again_at_once(
    message: OutgoingMail, sender_to: MakeSender
) -> None:
    first = ["220 hi", "250 hello", "250 ok", "250 ok", "354 go on", "250 ok"]
    async with scripted_smtp([*first, "250 ok", "250 ok", "354 go on"], first) as server:
        sender = sender_to(f"smtp://127.0.0.1:{server.port}", connections=1)
        await sender.send(message, check_lease)
        error = await failure(sender, message)
    assert (error.reason, error.maybe_delivered) == (
        "the connection to the mail server broke",
        True,
    )
    assert server.connections == 1


async def test_a_timeout_between_two_mails_is_not_retried_at_once(
    message: OutgoingMail, sender_to: MakeSender
) -> None:
    first = ["220 hi", "250 hello", "250 ok", "250 ok", "354 go on", "250 ok"]
    async with scripted_smtp([*first, SILENT]) as server:
        url, timeouts = f"smtp://127.0.0.1:{server.port}", SmtpTimeouts(command=0.2)
        sender = sender_to(url, timeouts=timeouts)
        await sender.send(message, check_lease)
        error = await failure(sender, message)
    assert (error.reason, error.maybe_delivered) == (
        "the mail server did not answer in time",
        False,
    )
    assert server.connections == 1


async def test_after_a_refusal_the_connection_is_reset_and_used_again(
    message: OutgoingMail, sender_to: MakeSender
) -> None:
    refusal = ["220 hi", "250 hello", "250 ok", "550 5.1.1 no such user"]
    again = ["250 reset", "250 ok", "250 ok", "354 go on", "250 ok", "221 bye"]
    async with scripted_smtp([*refusal, *again]) as server:
        sender = sender_to(f"smtp://127.0.0.1:{server.port}")
        assert (await failure(sender, message)).retry is False
        await sender.send(message, check_lease)
        await sender.close()
    verbs = [line.partition(" ")[0] for line in server.received]
    assert verbs == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", ".", "QUIT"]
