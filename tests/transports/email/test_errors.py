"""How failures of a mail server become DeliveryErrors."""

import pytest

from bot.fakes.redis_server import free_port
from bot.fakes.smtp import Inbox, SmtpFault
from bot.transports.email.client import SmtpTimeouts
from bot.transports.email.sender import EmailSender
from tests.scripted_smtp import SILENT, late, scripted_smtp
from tests.transports.conftest import OutgoingMail
from tests.transports.email.conftest import MESSAGE_ID, MakeSender, check_lease, failure


@pytest.mark.parametrize(
    ("command", "fault", "retry", "reason"),
    [
        ("MAIL", SmtpFault.reply_with(450, "4.3.0 later"), True, "SMTP 450 4.3.0 later"),
        ("RCPT", SmtpFault.reply_with(451, "greylisted"), True, "SMTP 451 greylisted"),
        ("DATA", SmtpFault.reply_with(452, "disk full"), True, "SMTP 452 disk full"),
        ("MAIL", SmtpFault.reply_with(553, "not you"), False, "SMTP 553 not you"),
        (
            "RCPT",
            SmtpFault.reply_with(550, "5.1.1 <recruiter@example.org>: \x07unknown"),
            False,
            "SMTP 550 5.1.1 <(address)>: unknown",
        ),
        (
            "DATA",
            SmtpFault.reply_with(554, "spam " * 90),
            False,
            "SMTP 554 " + "spam " * 39 + "spam…",
        ),
    ],
)
async def test_the_reply_code_decides_whether_to_retry(
    inbox: Inbox,
    sender: EmailSender,
    message: OutgoingMail,
    *,
    command: str,
    fault: SmtpFault,
    retry: bool,
    reason: str,
) -> None:
    inbox.plan_faults(command, [fault])
    error = await failure(sender, message)
    assert error.reason == reason
    assert (error.retry, error.maybe_delivered, error.uses_attempt) == (retry, False, True)
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("command", "fault", "maybe_delivered", "reason"),
    [
        ("RCPT", SmtpFault.dropped(), False, "the connection to the mail server broke"),
        ("DATA", SmtpFault.dropped(), True, "the connection to the mail server broke"),
        ("DATA", SmtpFault("huh?"), True, "the mail server's answer is not readable"),
        ("RCPT", SmtpFault("huh?"), False, "the mail server's answer is not readable"),
    ],
)
async def test_only_after_the_transfer_began_the_mail_may_have_arrived(
    inbox: Inbox,
    sender: EmailSender,
    message: OutgoingMail,
    *,
    command: str,
    fault: SmtpFault,
    maybe_delivered: bool,
    reason: str,
) -> None:
    inbox.plan_faults(command, [fault])
    error = await failure(sender, message)
    assert error.reason == reason
    assert (error.retry, error.maybe_delivered) == (True, maybe_delivered)


async def test_a_slow_reply_to_data_is_waited_for_and_the_mail_is_sent_once(
    message: OutgoingMail, sender_to: MakeSender
) -> None:
    """The server replies after twice the command timeout, as one that scans for viruses may."""
    timeouts = SmtpTimeouts(command=3, data=60)
    replies = ["220 hi", "250 hello", "250 ok", "250 ok", "354 go on"]
    async with scripted_smtp([*replies, late("250 ok", seconds=6), "221 bye"]) as server:
        sender = sender_to(f"smtp://127.0.0.1:{server.port}", timeouts=timeouts)
        assert await sender.send(message, check_lease) == MESSAGE_ID
        await sender.close()
    assert [line.partition(" ")[0] for line in server.received] == [
        *("EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"),
    ]


@pytest.mark.parametrize(
    ("replies", "maybe_delivered"),
    [
        ([SILENT], False),
        (["220 hi", SILENT], False),
        (["220 hi", "250 hello", SILENT], False),
        (["220 hi", "250 hello", "250 ok", SILENT], False),
        (
            ["220 hi", "250 hello", "250 ok", "250 ok", "354 go on", SILENT],
            True,
        ),
    ],
    ids=["greeting", "EHLO", "MAIL", "RCPT", "DATA"],
)
async def test_every_phase_has_a_timeout(
    message: OutgoingMail,
    sender_to: MakeSender,
    *,
    replies: list[str],
    maybe_delivered: bool,
) -> None:
    timeouts = SmtpTimeouts(command=0.2, data=0.2)
    async with scripted_smtp(replies) as server:
        sender = sender_to(f"smtp://127.0.0.1:{server.port}", timeouts=timeouts)
        error = await failure(sender, message)
    assert error.reason == "the mail server did not answer in time"
    assert (error.retry, error.maybe_delivered, error.uses_attempt) == (True, maybe_delivered, True)


async def test_a_server_that_cannot_be_reached_has_no_mail(
    message: OutgoingMail, sender_to: MakeSender
) -> None:
    unreachable = sender_to(f"smtp://127.0.0.1:{free_port()}")
    error = await failure(unreachable, message)
    assert error.reason == "the mail server cannot be reached; check SMTP_URL"
    assert (error.retry, error.maybe_delivered) == (True, False)


async def test_a_failed_quit_changes_nothing(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender
) -> None:
    inbox.plan_faults("QUIT", [SmtpFault.dropped(), SmtpFault("huh?")])
    for _ in range(2):
        sender = sender_to(inbox.url)
        assert await sender.send(message, check_lease) == MESSAGE_ID
        await sender.close()
    assert len(inbox.mails) == 2
    assert inbox.commands == ["MAIL", "RCPT", "DATA", "QUIT"] * 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
@pytest.mark.parametrize("code", [251, 252])
async def test_every_2xx_reply_is_success(
    message: OutgoingMail, sender_to: MakeSender, *, command: str, code: int
) -> None:
    """252: the user cannot be verified, but delivery will be attempted."""
    replies = {"MAIL": "250 ok", "RCPT": "250 ok", command: f"{code} well"}
    envelope = [replies["MAIL"], replies["RCPT"]]
    lines = ["220 hi", "250 hello", *envelope, "354 go on", "250 ok", "221 bye"]
    async with scripted_smtp(lines) as server:
        sender = sender_to(f"smtp://127.0.0.1:{server.port}")
        assert await sender.send(message, check_lease) == MESSAGE_ID
        await sender.close()
