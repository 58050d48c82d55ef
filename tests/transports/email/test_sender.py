"""The headers, bodies and addresses of mails."""

from dataclasses import replace

import pytest

from bot.errors import LeaseLost
from bot.fakes.smtp import Inbox, SmtpFault
from bot.model import Transport
from bot.transports.email.sender import EmailSender
from tests.transports.conftest import MakeMessage, OutgoingMail
from tests.transports.email.conftest import MESSAGE_ID, MakeSender, check_lease, failure


async def test_a_delivery_arrives_as_text_and_html(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail
) -> None:
    assert await sender.send(message, check_lease) == MESSAGE_ID
    [mail] = inbox.mails
    assert (mail.sender, mail.recipients) == ("bot@example.com", ("recruiter@example.org",))
    assert mail.message.get_content_type() == "multipart/alternative"
    assert mail.text == "Found 1,204 results\n"
    assert "Found 1,204 results" in mail.html
    assert mail.encrypted is False


async def test_the_headers_identify_the_mail_allow_filters_and_suppress_automatic_replies(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail
) -> None:
    await sender.send(message, check_lease)
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
    inbox: Inbox, sender: EmailSender, make_message: MakeMessage
) -> None:
    for thread in ("search:1", "search:1", "search:2"):
        message = make_message("recruiter@example.org", Transport.EMAIL, thread=thread)
        await sender.send(message, check_lease)
    one, same, other = [(m.message["References"], m.message["In-Reply-To"]) for m in inbox.mails]
    assert one == ("<thread_ebc40da8502d57fb51e10ae9@example.com>",) * 2
    assert one == same != other


async def test_a_repeat_has_the_same_message_id(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail
) -> None:
    inbox.plan_faults("DATA", [SmtpFault.lost_reply()])
    error = await failure(sender, message)
    assert (error.retry, error.maybe_delivered) == (True, True)
    assert await sender.send(replace(message, maybe_delivered=True), check_lease) == MESSAGE_ID
    assert [m.message["Message-ID"] for m in inbox.mails] == [MESSAGE_ID, MESSAGE_ID]


async def test_a_lost_lease_stops_the_transfer(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail
) -> None:
    def lost() -> None:
        raise LeaseLost("gone")

    with pytest.raises(LeaseLost):
        await sender.send(message, lost)
    assert inbox.commands == ["MAIL", "RCPT"]


async def test_long_urls_stay_whole(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail
) -> None:
    url = "https://example.com/" + "x" * 400
    content = replace(message.content, subject="See " + url[:140], text=f"{url}?q={'y' * 2_000}\n")
    await sender.send(replace(message, content=content), check_lease)
    [mail] = inbox.mails
    assert mail.message["Subject"] == f"See {url[:140]}"
    assert mail.text == url + "?q=" + "y" * 2_000 + "\n"
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 76


async def test_unicode_is_sent_as_ascii(
    inbox: Inbox, sender: EmailSender, message: OutgoingMail
) -> None:
    words = "Zoë 名字 👩🏽‍💻\n.\n.dots\n"
    content = replace(message.content, subject=" ".join(words.split()), text=words)
    await sender.send(replace(message, content=content), check_lease)
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
    inbox: Inbox,
    message: OutgoingMail,
    sender_to: MakeSender,
    *,
    address: str,
    shown: str,
) -> None:
    await sender_to(inbox.url, address=address).send(message, check_lease)
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
async def test_a_malformed_recipient_is_permanent(
    inbox: Inbox, sender: EmailSender, make_message: MakeMessage, address: str
) -> None:
    error = await failure(sender, make_message(address, Transport.EMAIL))
    assert (error.retry, error.maybe_delivered) == (False, False)
    assert error.reason == "the recipient has no address that mail can be sent to"
    assert inbox.commands == []


async def test_a_malformed_sender_is_named(
    inbox: Inbox, message: OutgoingMail, sender_to: MakeSender
) -> None:
    error = await failure(sender_to(inbox.url, address="zoë@example.com"), message)
    assert error.reason == "EMAIL_FROM has no address that mail can be sent to"
