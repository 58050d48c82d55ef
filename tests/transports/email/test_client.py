"""Connecting to a mail server: timeouts, encryption, login."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import aiosmtplib
import pytest

from bot.fakes.redis_server import free_port
from bot.fakes.smtp import Inbox
from bot.transports.email.client import SmtpConnector, SmtpTimeouts
from bot.transports.email.smtp_url import parse_smtp_url
from bot.worker.timings import WorkerTimings
from tests.scripted_smtp import scripted_smtp

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
    """A reused connection breaks before DATA, and everything on the new one is slow."""
    to_connect = 12  # the greeting; EHLO and HELO, twice with STARTTLS and its handshake; the login
    before_data = 3  # RSET, MAIL and RCPT
    commands = (to_connect + 2 * before_data) * DEFAULT.command
    longest = DEFAULT.connect + commands + 2 * DEFAULT.data + DEFAULT.quit
    assert longest < WorkerTimings().job_timeout.total_seconds()


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


@pytest.fixture
def unresponsive() -> Iterator[tuple[str, int]]:
    """An address where so many connections wait that the system answers no further one."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(8):
            connection = waiting.enter_context(socket.socket())
            connection.settimeout(0)
            connection.connect_ex(full.getsockname())
        yield full.getsockname()


async def test_connecting_has_a_timeout_of_its_own(unresponsive: tuple[str, int]) -> None:
    error = await failure(f"smtp://127.0.0.1:{unresponsive[1]}", SmtpTimeouts(connect=0.2))
    assert isinstance(error, aiosmtplib.SMTPConnectTimeoutError)


async def test_an_address_that_does_not_answer_leaves_time_for_the_next_one(
    inbox: Inbox, unresponsive: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tcp = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
    found = [(*tcp, unresponsive), (*tcp, ("127.0.0.1", inbox.port))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: found)
    smtp = parse_smtp_url("smtp://mail.example.com")
    timeouts = SmtpTimeouts(connect=2)
    client = await SmtpConnector(smtp, "bot.example.com", timeouts).connect()
    await client.quit()


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
