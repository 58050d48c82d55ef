"""What doctor finds at a mail server, and what it says to mend."""

import asyncio

from bot.demo.inbox import Inbox
from bot.operations.finding import Mark
from tests.conftest import MakeSettings
from tests.operations.findings import CANARY, found


async def test_a_login_that_is_refused_fails(make_settings: MakeSettings) -> None:
    async with Inbox(login=("bot", "right")) as inbox:
        right = await found(make_settings(SMTP_URL=inbox.url))
        wrong = await found(make_settings(SMTP_URL=inbox.url.replace("right", CANARY)))
    assert right["Mail server"].text.endswith("unencrypted, logged in")
    assert wrong["Mail server"].text.endswith("the login is refused (535)")
    assert "percent-encoded" in wrong["Mail server"].mend


async def test_a_mail_server_that_refuses_us_fails(make_settings: MakeSettings) -> None:
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
        assert findings["Mail server"].mark is Mark.FAILURE
        assert "smtps:// goes with port 465" in findings["Mail server"].mend


async def test_without_mail_no_mail_server_is_asked(make_settings: MakeSettings) -> None:
    names = ("SMTP_URL", "EMAIL_FROM", "EMAIL_TO", "EMAIL_ALERT_TO")
    findings = await found(make_settings(**dict.fromkeys(names)))
    assert findings["Email"].mark is Mark.NOTE
    assert "Mail server" not in findings
