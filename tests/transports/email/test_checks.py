"""Findings about the mail server."""

import asyncio

import pytest

from bot.fakes.smtp import Inbox
from bot.model.finding import Severity
from tests.conftest import MakeSettings
from tests.doctor.findings import CANARY, found
from tests.scripted_smtp import scripted_smtp


async def test_a_login_that_is_refused_fails(make_settings: MakeSettings) -> None:
    async with Inbox(login=("bot", "right")) as inbox:
        right = await found(make_settings(SMTP_URL=inbox.url))
        wrong = await found(make_settings(SMTP_URL=inbox.url.replace("right", CANARY)))
    assert right["Mail server"].text.endswith("unencrypted, logged in")
    assert wrong["Mail server"].text.endswith("the login is refused (535)")
    assert "percent-encoded" in wrong["Mail server"].fix


async def test_a_mail_server_that_refuses_the_connection_fails(make_settings: MakeSettings) -> None:
    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 no service for you\r\n")
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    findings = await found(make_settings(SMTP_URL=f"smtp://127.0.0.1:{port}"))
    server.close()
    assert findings["Mail server"].text == f"127.0.0.1:{port}: it answers 554"


async def test_a_mail_server_that_does_not_encrypt_fails(
    make_settings: MakeSettings, inbox: Inbox
) -> None:
    for scheme in ("smtp+starttls", "smtps"):
        findings = await found(make_settings(SMTP_URL=inbox.url.replace("smtp", scheme)))
        assert findings["Mail server"].severity is Severity.FAILURE
        assert "smtps:// goes with port 465" in findings["Mail server"].fix


async def test_without_email_no_mail_server_is_called(make_settings: MakeSettings) -> None:
    names = ("SMTP_URL", "EMAIL_FROM", "EMAIL_TO", "EMAIL_ALERT_TO")
    findings = await found(make_settings(**dict.fromkeys(names)))
    assert findings["Email"].severity is Severity.NOTE
    assert "Mail server" not in findings


@pytest.mark.parametrize(
    ("offers", "scheme", "why", "fix"),
    [
        (
            "AUTH XOAUTH2 OAUTHBEARER",
            f"smtp://bot:{CANARY}@",
            "it takes no password, only OAUTHBEARER, XOAUTH2",
            "an app password",
        ),
        ("AUTH PLAIN", "smtp+starttls://", "it offers no STARTTLS", "port 465"),
        (
            "XXXXXXXA",
            "smtp+starttls://",
            "it offers no STARTTLS: a firewall on the way has removed it",
            "firewall",
        ),
        (
            "SIZE",
            f"smtp://bot:{CANARY}@",
            "it offers no login",
            "take the user and the password out",
        ),
    ],
)
async def test_a_missing_capability_of_the_mail_server_is_named_with_a_fix(
    make_settings: MakeSettings, *, offers: str, scheme: str, why: str, fix: str
) -> None:
    async with scripted_smtp(["220 hi", f"250-hello\n250 {offers}"]) as server:
        findings = await found(make_settings(SMTP_URL=f"{scheme}127.0.0.1:{server.port}"))
    assert findings["Mail server"].text == f"127.0.0.1:{server.port}: {why}"
    assert fix in findings["Mail server"].fix
    assert [line[:5] for line in server.received] == ["EHLO "]


async def test_doctor_sends_the_same_ehlo_name_as_the_sender(make_settings: MakeSettings) -> None:
    replies = ["220 hi", "550 5.7.1 no such host", "550 no"]
    async with scripted_smtp(replies) as server:
        url = f"smtp://127.0.0.1:{server.port}"
        findings = await found(make_settings(SMTP_URL=url, SMTP_HELO_NAME="bot.example.org"))
    assert server.received == ["EHLO bot.example.org", "HELO bot.example.org"]
    assert findings["Mail server"].text.endswith("it answers 550 to EHLO bot.example.org")
    assert "SMTP_HELO_NAME" in findings["Mail server"].fix
