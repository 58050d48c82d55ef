"""Each connection to the mail server holds a slot exactly while it is open."""

import asyncio

import pytest
from redis.asyncio import Redis

from bot.errors import DeliveryError, LeaseLost
from bot.fakes.faults import SmtpFault
from bot.fakes.smtp import Inbox
from bot.store import keys
from bot.transports.email.client import SmtpTimeouts
from bot.transports.email.sender import EmailSender
from tests.polling import until
from tests.transports.conftest import OutgoingMail
from tests.transports.email.conftest import WAITING, MakeSender, check_lease, failure


async def test_a_lost_lease_closes_the_connection(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail
) -> None:
    def lost() -> None:
        raise LeaseLost("gone")

    with pytest.raises(LeaseLost):
        await sender.send(message, lost)
    await sender.send(message, check_lease)
    assert inbox.connections.served == 2
    assert len(inbox.mails) == 1


async def test_a_cancelled_mail_ends_at_once_and_releases_its_slot(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender, redis: Redis
) -> None:
    """With the default timeouts, as at SIGTERM."""
    inbox.plan_faults("DATA", [SmtpFault.hang()])
    sender = sender_to(inbox.url, timeouts=SmtpTimeouts(), connections=1)
    sending = asyncio.create_task(sender.send(message, check_lease))

    async def hangs() -> bool:
        return "DATA" in inbox.commands

    await until(hangs)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await sender.close()
    assert not await redis.exists(keys.smtp_slots("127.0.0.1", inbox.port))
    assert inbox.mails == []


async def test_closing_the_sender_does_not_wait_for_a_hanging_mail(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender, redis: Redis
) -> None:
    inbox.plan_faults("DATA", [SmtpFault.hang()])
    sender = sender_to(inbox.url, timeouts=SmtpTimeouts())
    sending = asyncio.create_task(sender.send(message, check_lease))

    async def hangs() -> bool:
        return "DATA" in inbox.commands

    await until(hangs)
    await sender.close()
    with pytest.raises(DeliveryError):
        await sending
    assert not await redis.exists(keys.smtp_slots("127.0.0.1", inbox.port))


async def test_a_connection_that_lost_its_slot_is_not_reused(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender, redis: Redis
) -> None:
    """As after a pause of the process that is longer than a lease."""
    sender = sender_to(inbox.url, lease=0.3)
    await sender.send(message, check_lease)
    await redis.delete(keys.smtp_slots("127.0.0.1", inbox.port))
    [connection] = sender._pool._free

    async def noticed() -> bool:
        return not connection.has_slot

    await until(noticed)
    await sender.send(message, check_lease)
    assert inbox.connections.served == 2


async def test_a_connection_in_use_holds_its_slot_for_longer_than_a_lease(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender, redis: Redis
) -> None:
    inbox.plan_faults("DATA", [SmtpFault.hang()])
    sender = sender_to(inbox.url, connections=1, lease=0.3)
    sending = asyncio.create_task(sender.send(message, check_lease))
    key = keys.smtp_slots("127.0.0.1", inbox.port)

    async def lease_end() -> float:
        scores = await redis.zrange(key, 0, -1, withscores=True)
        return float(scores[0][1]) if scores else 0

    async def begun() -> bool:
        return await lease_end() > 0

    await until(begun)
    first = await lease_end()

    async def renewed_beyond_the_first_lease() -> bool:
        return await lease_end() > first + 300

    await until(renewed_beyond_the_first_lease)
    sending.cancel()
    await asyncio.wait([sending])


async def test_without_an_answer_of_redis_no_connection_is_opened_and_no_attempt_is_used(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail, redis: Redis
) -> None:
    await redis.set(keys.smtp_slots("127.0.0.1", inbox.port), "not a sorted set")
    error = await failure(sender, message)
    assert (error.reason, error.uses_attempt) == (WAITING, False)
    assert inbox.connections.served == 0
