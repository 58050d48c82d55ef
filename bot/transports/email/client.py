"""Connects to a mail server with timeouts, encryption and login."""

import asyncio
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field

import aiosmtplib
from aiohappyeyeballs import start_connection

from bot.transports.email.smtp_url import Security, Smtp


@dataclass(frozen=True, slots=True)
class SmtpTimeouts:
    """The timeout of each phase of an email, in seconds.

    Minutes, since a server may scan the mail before it answers, and would deliver it twice if it were
    sent again meanwhile: https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2.
    """

    connect: float = 60
    """For the TCP connection."""
    command: float = 300
    """For the greeting, a TLS handshake, and each reply but the last."""
    data: float = 600
    """For each of the two replies to DATA, the second one after the whole email."""
    quit: float = 2


class SmtpSetupError(aiosmtplib.SMTPException):
    """The server lacks what SMTP_URL needs. The message begins with a verb; `fix` says what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True)
class SmtpConnector:
    """Opens connections to one mail server; `ehlo_name` is the name sent with EHLO.

    Without `tls`, certificates are checked against the system's trusted ones.
    """

    smtp: Smtp
    ehlo_name: str
    timeouts: SmtpTimeouts = SmtpTimeouts()
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    async def connect(self) -> aiosmtplib.SMTP:
        """Return a connection that is encrypted and logged in as SMTP_URL says, ready for MAIL.

        Raises:
            SmtpSetupError: if the server offers no STARTTLS, or no login with a password.
            aiosmtplib.SMTPException: for any other refusal, and if it cannot be reached.
            OSError: if the connection breaks, or TLS fails.
        """
        client = aiosmtplib.SMTP(
            hostname=self.smtp.host,
            sock=await self._open_socket(),
            use_tls=self.smtp.security is Security.TLS,
            start_tls=False,  # see below: aiosmtplib would make it optional
            tls_context=self.tls,
            timeout=self.timeouts.command,
            local_hostname=self.ehlo_name,
        )
        try:
            await client.connect()
            await _greet(client)
            if self.smtp.security is Security.STARTTLS:
                await self._start_tls(client)
            if self.smtp.username:
                await self._log_in(client, self.smtp.username)
        except BaseException:
            client.close()
            raise
        return client

    async def _open_socket(self) -> socket.socket:
        """Connect with a timeout of its own: aiosmtplib has one for connection and greeting."""
        where = f"{self.smtp.host}:{self.smtp.port}"
        try:
            async with asyncio.timeout(self.timeouts.connect):
                return await self._connect_to_any_address()
        except TimeoutError as error:
            raise aiosmtplib.SMTPConnectTimeoutError(f"{where}: no connection in time") from error
        except OSError as error:
            raise aiosmtplib.SMTPConnectError(f"{where}: {error}") from error

    async def _connect_to_any_address(self) -> socket.socket:
        """Try one address after the other, each for its share of the timeout, the last for the rest."""
        *others, last = await asyncio.get_running_loop().getaddrinfo(
            self.smtp.host, self.smtp.port, type=socket.SOCK_STREAM
        )
        for address in others:
            with suppress(OSError):  # also TimeoutError
                async with asyncio.timeout(self.timeouts.connect / (len(others) + 1)):
                    return await start_connection([address])
        return await start_connection([last])

    async def _start_tls(self, client: aiosmtplib.SMTP) -> None:
        if not client.supports_extension("starttls"):
            # https://www.cisco.com/c/en/us/support/docs/security/pix-500-series-security-appliances/
            # 15154-pix-fixup-smtp.html: it overwrites disabled extensions with X.
            filtered = any(re.fullmatch("x{4,}a?", name) for name in client.esmtp_extensions)
            removed = ": a firewall on the way has removed it" if filtered else ""
            raise SmtpSetupError(
                f"offers no STARTTLS{removed}",
                "check SMTP_URL: smtps:// goes with port 465, smtp+starttls:// with 587; a firewall"
                " that filters SMTP can remove STARTTLS, too",
            )
        await client.starttls()
        await _greet(client)

    async def _log_in(self, client: aiosmtplib.SMTP, username: str) -> None:
        offered = [name.upper() for name in client.server_auth_methods]
        if not offered:
            raise SmtpSetupError(
                "offers no login",
                "take the user and the password out of SMTP_URL if it needs none; many servers offer"
                " a login only on an encrypted connection: smtp+starttls:// or smtps://",
            )
        if not client.supported_auth_methods:
            raise SmtpSetupError(
                f"takes no password, only {', '.join(sorted(offered))}",
                "allow SMTP AUTH with a password or an app password for this account, or use a relay"
                " that takes a password",
            )
        await client.login(username, self.smtp.password or "")


async def _greet(client: aiosmtplib.SMTP) -> None:
    """Send EHLO, or HELO if the server does not know EHLO."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()
