"""What each fault of a mail server means for the next attempt."""

import asyncio
import contextlib

import pytest

from bot.delivery.render import Renderer
from bot.delivery.senders.email import EmailSender
from bot.demo.inbox import Inbox, SmtpFault
from bot.demo.redis_server import free_port
from bot.model import Channel, Delivery
from tests.delivery.senders.conftest import Certificate, MakeDelivery
from tests.delivery.senders.mail.conftest import MESSAGE_ID, ensure, failure, sender_to


@pytest.mark.parametrize(
    ("command", "fault", "retry", "reason"),
    [
        ("MAIL", SmtpFault.reply_with(421, "going down"), True, "SMTP 421 going down"),
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
async def test_a_servers_refusal_decides_for_itself(
    inbox: Inbox,
    sender: EmailSender,
    delivery: Delivery,
    *,
    command: str,
    fault: SmtpFault,
    retry: bool,
    reason: str,
) -> None:
    inbox.script(command, [fault])
    error = await failure(sender, delivery)
    assert error.reason == reason
    assert (error.retry, error.unsure, error.counts) == (retry, False, True)
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("command", "fault", "unsure", "reason"),
    [
        ("RCPT", SmtpFault.dropped(), False, "the connection to the mail server broke"),
        ("DATA", SmtpFault.dropped(), True, "the connection to the mail server broke"),
        ("DATA", SmtpFault("huh?"), True, "the mail server's answer is not readable"),
        ("RCPT", SmtpFault("huh?"), False, "the mail server's answer is not readable"),
    ],
)
async def test_only_what_broke_after_the_mail_was_on_its_way_may_have_arrived(
    inbox: Inbox,
    sender: EmailSender,
    delivery: Delivery,
    *,
    command: str,
    fault: SmtpFault,
    unsure: bool,
    reason: str,
) -> None:
    inbox.script(command, [fault])
    error = await failure(sender, delivery)
    assert error.reason == reason
    assert (error.retry, error.unsure) == (True, unsure)


@pytest.mark.parametrize(("command", "unsure"), [("MAIL", False), ("DATA", True)])
async def test_a_server_that_does_not_answer_is_not_waited_for_long(
    inbox: Inbox, renderer: Renderer, delivery: Delivery, *, command: str, unsure: bool
) -> None:
    inbox.script(command, [SmtpFault.hang()])
    error = await failure(sender_to(inbox.url, renderer, seconds=2), delivery)
    assert error.reason == "the mail server did not answer in time"
    assert (error.retry, error.unsure) == (True, unsure)


async def test_a_server_that_answers_each_command_just_in_time_is_not_waited_for_long(
    renderer: Renderer, delivery: Delivery
) -> None:
    answers = ["220 hi", "250 hello", "250 ok", "250 ok", "354 go on", "250 ok"]
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            for line in answers:
                await asyncio.sleep(0.2)  # the slowness itself is what is tested
                writer.write(f"{line}\r\n".encode())
                if not await reader.readline():
                    break
        gone.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sender = sender_to(f"smtp://127.0.0.1:{port}", renderer, seconds=0.5)
        error = await failure(sender, delivery)
        await gone.wait()
    assert error.reason == "the mail server did not answer in time"


async def test_a_server_that_cannot_be_reached_has_not_got_the_mail(
    renderer: Renderer, delivery: Delivery
) -> None:
    nobody = sender_to(f"smtp://127.0.0.1:{free_port()}", renderer)
    error = await failure(nobody, delivery)
    assert error.reason == "the mail server cannot be reached; check SMTP_URL"
    assert (error.retry, error.unsure) == (True, False)


async def test_a_goodbye_that_fails_takes_nothing_back(
    inbox: Inbox, sender: EmailSender, delivery: Delivery
) -> None:
    inbox.script("QUIT", [SmtpFault.dropped(), SmtpFault("huh?")])
    assert await sender.send(delivery, ensure) == MESSAGE_ID
    assert await sender.send(delivery, ensure) == MESSAGE_ID
    assert len(inbox.mails) == 2
    assert inbox.commands == ["MAIL", "RCPT", "DATA", "QUIT"] * 2


async def test_a_login_is_made_if_there_is_one(renderer: Renderer, delivery: Delivery) -> None:
    async with Inbox(login=("bot", "p4ss")) as inbox:
        await sender_to(inbox.url, renderer).send(delivery, ensure)
        assert inbox.mails[0].user == "bot"


async def test_a_wrong_password_is_final(renderer: Renderer, delivery: Delivery) -> None:
    async with Inbox(login=("bot", "p4ss")) as inbox:
        error = await failure(sender_to(inbox.url.replace("p4ss", "wr0ng"), renderer), delivery)
    assert error.reason == (
        "SMTP 535 5.7.8 Authentication credentials invalid;"
        " check the user and the password of SMTP_URL"
    )
    assert (error.retry, error.unsure) == (False, False)


@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "smtp+starttls"])
async def test_the_scheme_decides_how_mail_is_encrypted(
    renderer: Renderer, delivery: Delivery, certificate: Certificate, *, implicit: bool
) -> None:
    async with Inbox(tls=certificate.server, implicit_tls=implicit, login=("bot", "p4ss")) as inbox:
        assert inbox.url.startswith("smtps://" if implicit else "smtp+starttls://")
        await sender_to(inbox.url, renderer, tls=certificate.client).send(delivery, ensure)
        [mail] = inbox.mails
        assert (mail.encrypted, mail.user) == (True, "bot")


@pytest.mark.parametrize("implicit", [True, False], ids=["smtps", "smtp+starttls"])
async def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    renderer: Renderer, delivery: Delivery, certificate: Certificate, *, implicit: bool
) -> None:
    async with Inbox(tls=certificate.server, implicit_tls=implicit) as inbox:
        error = await failure(sender_to(inbox.url, renderer), delivery)
    assert error.reason == "the mail server's certificate is not trusted: self-signed certificate"
    assert (error.retry, error.unsure) == (True, False)


async def test_a_server_without_starttls_gets_no_mail(
    inbox: Inbox, renderer: Renderer, delivery: Delivery
) -> None:
    error = await failure(sender_to(inbox.url.replace("smtp", "smtp+starttls"), renderer), delivery)
    assert error.retry is False
    assert error.reason == (
        "SMTP STARTTLS extension not supported by server."
        " (check the scheme and the login of SMTP_URL)"
    )
    assert inbox.commands == []


async def test_speaking_tls_to_a_server_that_does_not_is_told(
    inbox: Inbox, renderer: Renderer, delivery: Delivery
) -> None:
    error = await failure(sender_to(inbox.url.replace("smtp", "smtps"), renderer), delivery)
    assert error.retry is True
    assert error.reason.startswith("no TLS with the mail server (")


async def test_many_mails_at_once_all_arrive(
    inbox: Inbox, sender: EmailSender, make_delivery: MakeDelivery
) -> None:
    recipients = [f"r{number}@example.org" for number in range(20)]
    deliveries = [make_delivery(address, Channel.EMAIL) for address in recipients]
    await asyncio.gather(*(sender.send(delivery, ensure) for delivery in deliveries))
    assert sorted(m.recipients[0] for m in inbox.mails) == sorted(recipients)
    await sender.close()
