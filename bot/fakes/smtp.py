"""A local SMTP server that keeps every mail it accepts."""

import asyncio
import ssl
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import unquote
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from bot.fakes.arrivals import HANG_TIMEOUT, Arrivals
from bot.fakes.faults import FaultPlan, SmtpFault
from bot.fakes.smtp_connections import ConnectionCount, CountedSmtp

__all__ = ["Inbox", "ReceivedMail", "SmtpFault"]

_IDLE_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail: parsed, as raw bytes, and with its envelope."""

    message: EmailMessage
    raw: bytes = field(repr=False)
    sender: str
    recipients: tuple[str, ...]
    arrived_at: datetime
    encrypted: bool
    user: str = ""

    @property
    def delivery_id(self) -> str:
        """The delivery that the mail carries, from its Message-ID."""
        return unquote(str(self.message["Message-ID"])).partition("@")[0]

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""


class Inbox:
    """An SMTP server on loopback.

    It speaks plain SMTP; with `tls`, STARTTLS or, if `implicit_tls`, TLS from the first byte. With
    `login`, a user name and password, it accepts mail from that user only. Above `max_connections`
    it replies 421, as Microsoft 365 does.
    """

    def __init__(
        self,
        port: int | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        login: tuple[str, str] | None = None,
        max_connections: int | None = None,
    ) -> None:
        self.connections = ConnectionCount(max_connections)
        self.port = port or 0
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._login = login
        self.faults: FaultPlan[SmtpFault] = FaultPlan()
        self._connections: set[SMTP] = set()
        self._closing = AsyncExitStack()
        self.arrivals: Arrivals[ReceivedMail] = Arrivals("mails")
        self.commands: list[str] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        encrypted = self._tls if self._implicit_tls else None
        server = await loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=encrypted)
        self.port = server.sockets[0].getsockname()[1]
        self._closing.push_async_callback(server.wait_closed)
        self._closing.callback(self._abort_connections)
        self._closing.callback(server.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._closing.aclose()

    @property
    def url(self) -> str:
        starttls = self._tls and not self._implicit_tls
        scheme = "smtps" if self._implicit_tls else "smtp+starttls" if starttls else "smtp"
        user = "{}:{}@".format(*self._login) if self._login else ""
        return f"{scheme}://{user}127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[ReceivedMail]:
        """All accepted mails, including those whose reply was lost."""
        return list(self.arrivals)

    def plan_faults(self, command: str, faults: Iterable[SmtpFault | None]) -> None:
        """Queue faults for the next MAIL, RCPT, DATA or QUIT commands; None is a command that works."""
        self.faults.add(command, faults)

    def clear_faults(self) -> None:
        """Remove all faults that are queued or repeated."""
        self.faults.clear()

    async def wait_for(self, count: int, timeout: float = HANG_TIMEOUT) -> list[ReceivedMail]:  # noqa: ASYNC109 - as in Arrivals
        """Return the accepted mails as soon as there are at least `count`.

        Raises:
            TimeoutError: if there are not.
        """
        return await self.arrivals.wait_for(count, timeout)

    def _protocol(self) -> SMTP:
        return CountedSmtp(
            self._connections,
            self.connections,
            self,
            hostname="localhost",
            ident="local",
            timeout=_IDLE_TIMEOUT,
            tls_context=None if self._implicit_tls else self._tls,
            require_starttls=bool(self._tls) and not self._implicit_tls,
            auth_require_tls=False,
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _abort_connections(self) -> None:
        for connection in list(self._connections):
            _transport(connection).abort()

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        login = (data.login.decode(), data.password.decode())
        valid = login == self._login
        return AuthResult(success=valid, handled=False, auth_data=login[0] if valid else None)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        refusal = await self._apply_fault("MAIL", server)
        if not refusal:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refusal or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = await self._apply_fault("RCPT", server)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        mail = _received(server, session, envelope)
        return await self._apply_fault("DATA", server, mail) or "250 OK"

    async def handle_QUIT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        return await self._apply_fault("QUIT", server) or "221 Bye"

    async def _apply_fault(
        self, command: str, server: SMTP, mail: ReceivedMail | None = None
    ) -> str:
        """Return the reply of the command's fault, or an empty string if the command works.

        A mail is kept if the command works, or if the fault says so.
        """
        self.commands.append(command)
        fault = self.faults.next(command)
        if mail and (fault is None or fault.kept):
            self.arrivals.add(mail)
        if fault is None:
            return ""
        if not fault.reply:
            if not fault.hangs:
                _transport(server).close()
            await _wait_until_closed()
        if fault.reply.startswith("421"):
            await server.push(fault.reply)
            _transport(server).close()
            await _wait_until_closed()
        return fault.reply


def _transport(connected: SMTP) -> asyncio.Transport:
    """Return the transport, which an open connection always has."""
    return cast("asyncio.Transport", connected.transport)


async def _wait_until_closed() -> None:
    """Wait for the server to cancel this coroutine, which it does when the connection is closed."""
    await asyncio.Event().wait()


def _received(server: SMTP, session: Session, envelope: Envelope) -> ReceivedMail:
    raw = envelope.original_content or b""
    return ReceivedMail(
        message=message_from_bytes(raw, policy=default),
        raw=raw,
        sender=envelope.mail_from or "",
        recipients=tuple(envelope.rcpt_tos),
        arrived_at=datetime.now(UTC),
        encrypted=_transport(server).get_extra_info("sslcontext") is not None,
        user=session.auth_data or "",
    )
