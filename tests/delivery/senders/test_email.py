"""Mails reach the inbox whole, and every way in which they do not says what should happen next."""

import asyncio
import contextlib
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery.render import Renderer
from bot.delivery.senders.email import EmailSender
from bot.demo.inbox import Inbox, SmtpFault
from bot.demo.redis_server import free_port
from bot.errors import DeliveryError, LeaseLost
from bot.model import Channel, Delivery
from bot.smtp_url import parse_smtp_url
from tests.delivery.senders.conftest import NOW, Certificate, MakeDelivery

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
    seconds: float = 5,
) -> EmailSender:
    patience = timedelta(seconds=seconds)
    smtp = parse_smtp_url(url)
    return EmailSender(smtp, address, renderer, timeout=patience, tls=tls, clock=lambda: NOW)


async def failure(sender: EmailSender, delivery: Delivery) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sender.send(delivery, ensure)
    assert "@" not in caught.value.reason
    return caught.value


async def test_a_delivery_arrives_as_text_and_html(
    inbox: Inbox, sender: EmailSender, delivery: Delivery
) -> None:
    assert await sender.send(delivery, ensure) == MESSAGE_ID
    [mail] = inbox.mails
    assert (mail.sender, mail.recipients) == ("bot@example.com", ("recruiter@example.org",))
    assert mail.message.get_content_type() == "multipart/alternative"
    assert mail.text == "Found 1,204 results\n"
    assert "Found 1,204 results" in mail.html
    assert mail.encrypted is False


async def test_the_headers_let_mails_be_named_filtered_and_left_unanswered(
    inbox: Inbox, sender: EmailSender, delivery: Delivery
) -> None:
    await sender.send(delivery, ensure)
    [mail] = inbox.mails
    headers = {name: str(value) for name, value in mail.message.items()}
    assert headers.pop("Content-Type").startswith("multipart/alternative")
    assert headers == {
        "From": "Juicebox <bot@example.com>",
        "To": "recruiter@example.org",
        "Subject": "Found 1,204 results",
        "Date": "Thu, 15 Jan 2026 14:30:00 +0000",
        "Message-ID": MESSAGE_ID,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-ID": "<recruiters.juicebox-bot.example.com>",
        "MIME-Version": "1.0",
    }


async def test_mails_of_a_thread_reply_to_the_same_root(
    inbox: Inbox, sender: EmailSender, make_delivery: MakeDelivery
) -> None:
    for thread in ("search:1", "search:1", "search:2"):
        delivery = make_delivery("recruiter@example.org", Channel.EMAIL, thread=thread)
        await sender.send(delivery, ensure)
    one, same, other = [(m.message["References"], m.message["In-Reply-To"]) for m in inbox.mails]
    assert one == ("<thread_ebc40da8502d57fb51e10ae9@example.com>",) * 2
    assert one == same != other


async def test_a_repeat_has_the_same_message_id(
    inbox: Inbox, sender: EmailSender, delivery: Delivery
) -> None:
    inbox.script("DATA", [SmtpFault.lost_reply()])
    error = await failure(sender, delivery)
    assert (error.retry, error.unsure) == (True, True)
    assert await sender.send(replace(delivery, unsure=True), ensure) == MESSAGE_ID
    assert [m.message["Message-ID"] for m in inbox.mails] == [MESSAGE_ID, MESSAGE_ID]


async def test_a_lost_lease_stops_the_mail(
    inbox: Inbox, sender: EmailSender, delivery: Delivery
) -> None:
    def lost() -> None:
        raise LeaseLost("gone")

    with pytest.raises(LeaseLost):
        await sender.send(delivery, lost)
    assert inbox.commands == ["MAIL", "RCPT"]


async def test_long_addresses_of_the_web_stay_whole(
    inbox: Inbox, sender: EmailSender, make_delivery: MakeDelivery, templates: Path
) -> None:
    url = "https://example.com/" + "x" * 400
    (templates / "letter" / "subject.txt.j2").write_text("See " + url[:140])
    (templates / "letter" / "body.txt.j2").write_text(url + "?q=" + "y" * 2_000)
    await sender.send(make_delivery("recruiter@example.org", Channel.EMAIL), ensure)
    [mail] = inbox.mails
    assert f"Subject: See {url[:140]}\r\n".encode() in mail.raw
    assert mail.text == url + "?q=" + "y" * 2_000 + "\n"
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998


async def test_words_of_every_language_travel_as_ascii(
    inbox: Inbox, sender: EmailSender, make_delivery: MakeDelivery, templates: Path
) -> None:
    for name in ("subject.txt.j2", "body.txt.j2"):
        (templates / "letter" / name).write_text("Zoë 名字 👩🏽‍💻\n.\n.dots\n")
    await sender.send(make_delivery("recruiter@example.org", Channel.EMAIL), ensure)
    [mail] = inbox.mails
    assert mail.raw.isascii()
    assert mail.message["Subject"] == "Zoë 名字 👩🏽‍💻 . .dots"
    assert mail.text == "Zoë 名字 👩🏽‍💻\n.\n.dots\n"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("bot@example.com", "bot@example.com"),
        ("Zoë's bot <bot@example.com>", "Zoë's bot <bot@example.com>"),
        ('"Juicebox, Inc." <bot@example.com>', '"Juicebox, Inc." <bot@example.com>'),
        ("Juicebox, Inc. <bot@example.com>", '"Juicebox, Inc." <bot@example.com>'),
    ],
)
async def test_the_sender_has_the_name_that_the_settings_give(
    inbox: Inbox, renderer: Renderer, delivery: Delivery, address: str, shown: str
) -> None:
    await sender_to(inbox.url, renderer, address=address).send(delivery, ensure)
    [mail] = inbox.mails
    assert str(mail.message["From"]) == shown
    assert mail.sender == "bot@example.com"


@pytest.mark.parametrize(
    "address",
    [
        "zoë@example.org",
        "a@exämple.org",
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a,b@example.org",
        "<a@example.org>",
        "nobody",
        "",
        "a@" + "x" * 253,
    ],
)
async def test_an_address_that_takes_no_mail_is_final(
    inbox: Inbox, sender: EmailSender, make_delivery: MakeDelivery, address: str
) -> None:
    error = await failure(sender, make_delivery(address, Channel.EMAIL))
    assert (error.retry, error.unsure) == (False, False)
    assert error.reason == "the recipient has no address that mail can be sent to"
    assert inbox.commands == []


async def test_a_sender_that_can_not_be_mailed_is_named(
    inbox: Inbox, renderer: Renderer, delivery: Delivery
) -> None:
    error = await failure(sender_to(inbox.url, renderer, address="zoë@example.com"), delivery)
    assert error.reason == "EMAIL_FROM has no address that mail can be sent to"


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
    error = await failure(sender_to(inbox.url, renderer, seconds=0.2), delivery)
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
