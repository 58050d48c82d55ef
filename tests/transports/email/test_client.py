"""Connecting to a mail server: timeouts, encryption, login."""

import socket

import aiosmtplib
import pytest

from bot.fakes.redis_server import free_port
from bot.fakes.smtp import Inbox
from bot.transports.email.client import SmtpConnector, SmtpSetupError, SmtpTimeouts
from bot.transports.email.smtp_url import parse_smtp_url
from bot.worker.timings import WorkerTimings
from tests.scripted_smtp import SILENT, scripted_smtp

DEFAULT = SmtpTimeouts()


async def failure(url: str, timeouts: SmtpTimeouts = DEFAULT) -> Exception:
    with pytest.raises((aiosmtplib.SMTPException, OSError)) as error:
        await SmtpConnector(parse_smtp_url(url), "bot.example.com", timeouts).connect()
    return error.value


def test_the_timeouts_are_those_of_rfc_5321() -> None:
    timeouts = SmtpTimeouts()
    assert (timeouts.connect, timeouts.command, timeouts.data) == (60, 300, 600)
    assert timeouts.quit <= 5


def test_the_longest_mail_is_shorter_than_the_timeout_of_a_job() -> None:
    assert SmtpTimeouts().whole_mail < WorkerTimings().job_timeout.total_seconds()


async def test_ehlo_is_sent_with_the_name_and_starttls_only_if_configured() -> None:
    replies = ["220 hi", "250-hello\n250-STARTTLS\n250 AUTH PLAIN", "221 bye"]
    async with scripted_smtp(replies) as server:
        smtp = parse_smtp_url(f"smtp://127.0.0.1:{server.port}")
        client = await SmtpConnector(smtp, "bot.example.com").connect()
        await client.quit()
    assert server.received == ["EHLO bot.example.com", "QUIT"]


async def test_a_server_without_ehlo_gets_helo() -> None:
    replies = ["220 hi", "502 what?", "250 hello", "221 bye"]
    async with scripted_smtp(replies) as server:
        smtp = parse_smtp_url(f"smtp://127.0.0.1:{server.port}")
        await (await SmtpConnector(smtp, "bot.example.com").connect()).quit()
    assert server.received == ["EHLO bot.example.com", "HELO bot.example.com", "QUIT"]


async def test_a_missing_greeting_ends_with_the_command_timeout() -> None:
    async with scripted_smtp([SILENT]) as server:
        error = await failure(f"smtp://127.0.0.1:{server.port}", SmtpTimeouts(command=0.2))
    assert isinstance(error, TimeoutError)


async def test_connecting_has_a_timeout_of_its_own() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = []
        for _ in range(8):  # so many that the system answers no further one
            connection = socket.socket()
            connection.settimeout(0)
            connection.connect_ex(address)
            waiting.append(connection)
        error = await failure(f"smtp://127.0.0.1:{address[1]}", SmtpTimeouts(connect=0.2))
        for connection in waiting:
            connection.close()
    assert isinstance(error, aiosmtplib.SMTPConnectTimeoutError)


async def test_a_closed_port_and_an_unknown_host_are_different_errors() -> None:
    closed = await failure(f"smtp://127.0.0.1:{free_port()}")
    unknown = await failure("smtp://mail.invalid")
    assert isinstance(closed, aiosmtplib.SMTPConnectError)
    assert isinstance(closed.__cause__, ConnectionRefusedError)
    assert isinstance(unknown.__cause__, socket.gaierror)


async def test_the_second_address_is_tried_if_the_first_fails(inbox: Inbox) -> None:
    """Localhost is ::1 as well, where the inbox does not listen."""
    smtp = parse_smtp_url(inbox.url.replace("127.0.0.1", "localhost"))
    client = await SmtpConnector(smtp, "bot.example.com").connect()
    await client.quit()


@pytest.mark.parametrize(
    ("offers", "url", "message"),
    [
        ("AUTH PLAIN", "smtp+starttls://127.0.0.1", "offers no STARTTLS"),
        (
            "XXXXXXXA",
            "smtp+starttls://127.0.0.1",
            "offers no STARTTLS: a firewall on the way has removed it",
        ),
        (
            "AUTH XOAUTH2 OAUTHBEARER",
            "smtp://u:s3cr3t@127.0.0.1",
            "takes no password, only OAUTHBEARER, XOAUTH2",
        ),
        ("AUTH XOAUTH2", "smtp://u:s3cr3t@127.0.0.1", "takes no password, only XOAUTH2"),
        ("PIPELINING", "smtp://u:s3cr3t@127.0.0.1", "offers no login"),
    ],
)
async def test_a_missing_capability_is_named_and_no_password_is_sent(
    offers: str, url: str, message: str
) -> None:
    async with scripted_smtp(["220 hi", f"250-hello\n250 {offers}", "500 what?"]) as server:
        error = await failure(f"{url}:{server.port}")
    assert isinstance(error, SmtpSetupError)
    assert str(error) == message
    assert error.fix
    assert server.received == ["EHLO bot.example.com"]
