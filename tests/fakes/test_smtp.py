"""The local SMTP server accepts mail like any other, and fails on request."""

import asyncio
from email.message import EmailMessage

import aiosmtplib
import pytest

from bot.fakes.smtp import Inbox, SmtpFault
from tests.polling import HANG_TIMEOUT, until


def make_message(subject: str = "hello") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "bot@example.com", "recruiter@example.com"
    message["Subject"] = subject
    message.set_content("plain words\n")
    message.add_alternative("<p>plain words</p>\n", subtype="html")
    return message


async def send_mail(inbox: Inbox, subject: str = "hello") -> None:
    """Send a message as a mail program does."""
    await aiosmtplib.send(
        make_message(subject),
        hostname="127.0.0.1",
        port=inbox.port,
        start_tls=False,
        timeout=HANG_TIMEOUT,
    )


async def test_an_accepted_mail_is_kept(inbox: Inbox) -> None:
    await send_mail(inbox)
    [mail] = await inbox.wait_for(1)
    assert mail.message["Subject"] == "hello"
    assert mail.text == "plain words\n"
    assert mail.html == "<p>plain words</p>\n"
    assert (mail.sender, mail.recipients) == ("bot@example.com", ("recruiter@example.com",))
    assert mail.raw.startswith(b"From: bot@example.com\r\n")
    assert (mail.encrypted, mail.user) == (False, "")
    assert inbox.url == f"smtp://127.0.0.1:{inbox.port}"
    assert inbox.commands == ["MAIL", "RCPT", "DATA", "QUIT"]


async def test_a_mail_without_html_has_none(inbox: Inbox) -> None:
    raw = "Subject: bare\r\n\r\nwords\r\n"
    await aiosmtplib.send(
        raw,
        sender="bot@example.com",
        recipients=["recruiter@example.com"],
        hostname="127.0.0.1",
        port=inbox.port,
        start_tls=False,
    )
    [mail] = inbox.mails
    assert (mail.text.strip(), mail.html) == ("words", "")


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("MAIL", aiosmtplib.SMTPSenderRefused),
        ("RCPT", aiosmtplib.SMTPRecipientsRefused),
        ("DATA", aiosmtplib.SMTPDataError),
    ],
)
async def test_a_planned_refusal_happens_once(
    inbox: Inbox, command: str, error: type[Exception]
) -> None:
    inbox.plan_faults(command, [None, SmtpFault.reply_with(451, "later")])
    await send_mail(inbox, "first")
    with pytest.raises(error):
        await send_mail(inbox, "refused")
    await send_mail(inbox, "second")
    assert [m.message["Subject"] for m in inbox.mails] == ["first", "second"]


async def test_421_closes_the_connection(inbox: Inbox) -> None:
    inbox.plan_faults("DATA", [SmtpFault.reply_with(421, "going down")])
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=inbox.port, start_tls=False)
    await client.connect()
    with pytest.raises(aiosmtplib.SMTPDataError, match="going down"):
        await client.send_message(make_message())
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await client.noop()
    assert inbox.mails == []


async def test_a_lost_reply_keeps_the_mail_and_a_dropped_one_does_not(inbox: Inbox) -> None:
    inbox.plan_faults("DATA", [SmtpFault.lost_reply(), SmtpFault.dropped()])
    for subject in ("kept", "dropped"):
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await send_mail(inbox, subject)
    assert [m.message["Subject"] for m in inbox.mails] == ["kept"]


async def test_a_hanging_server_never_replies(inbox: Inbox) -> None:
    inbox.plan_faults("DATA", [SmtpFault.hang(), SmtpFault.hang(kept=True)])
    for count, subject in enumerate(("lost", "kept"), start=1):
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=inbox.port, start_tls=False)
        await client.connect()
        sending = asyncio.create_task(client.send_message(make_message(subject)))

        async def has_data(count: int = count) -> bool:
            return inbox.commands.count("DATA") == count

        await until(has_data)
        await asyncio.sleep(0.1)  # time for a reply to arrive
        assert not sending.done()
        client.close()
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await sending
    assert [m.message["Subject"] for m in inbox.mails] == ["kept"]


async def test_mails_can_be_awaited_and_followed(inbox: Inbox) -> None:
    async def subjects(count: int) -> list[str]:
        seen: list[str] = []
        async for mail in inbox.arrivals.follow():
            seen.append(mail.message["Subject"])
            if len(seen) == count:
                break
        return seen

    following = asyncio.create_task(subjects(2))
    await send_mail(inbox, "one")
    await send_mail(inbox, "two")
    assert await following == ["one", "two"]
    with pytest.raises(TimeoutError, match=r"2 of 3 mails arrived within 0\.01 s"):
        await inbox.wait_for(3, timeout=0.01)


async def test_a_login_is_required() -> None:
    async with Inbox(login=("bot", "right")) as inbox:
        assert inbox.url == f"smtp://bot:right@127.0.0.1:{inbox.port}"
        with pytest.raises(aiosmtplib.SMTPSenderRefused, match="Authentication required"):
            await send_mail(inbox)
        for password in ("wrong", "right"):
            client = aiosmtplib.SMTP(hostname="127.0.0.1", port=inbox.port, start_tls=False)
            async with client:
                if password == "wrong":
                    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
                        await client.login("bot", password)
                else:
                    await client.login("bot", password)
                    await client.send_message(make_message())
        [mail] = inbox.mails
        assert mail.user == "bot"


async def test_closing_the_server_closes_connections() -> None:
    async with Inbox() as inbox:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=inbox.port, start_tls=False)
        await client.connect()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await client.noop()


async def test_a_given_port_is_served() -> None:
    async with Inbox() as first:
        port = first.port
    async with Inbox(port) as second:
        await send_mail(second)
        assert second.url == f"smtp://127.0.0.1:{port}"
