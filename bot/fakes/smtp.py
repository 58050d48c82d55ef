"""An inbox: a real SMTP server on loopback that keeps every mail it accepts."""

import asyncio
import ssl
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from bot.fakes.arrivals import HANG_TIMEOUT, Arrivals
from bot.fakes.faults import FaultPlan, SmtpFault
from bot.fakes.smtp_connections import ConnectionCount, CountedSmtp

__all__ = ["Inbox", "ReceivedMail", "SmtpFault"]

_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail as it arrived: parsed, to the byte, and in its envelope."""

    message: EmailMessage
    raw: bytes = field(repr=False)
    sender: str
    recipients: tuple[str, ...]
    arrived_at: datetime
    encrypted: bool
    user: str = ""

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
    """Speaks plain SMTP; with `tls`, STARTTLS or, if `implicit_tls`, TLS from the first byte.

    With `login`, a user's name and password, it takes mail from that user alone. With
    `most_connections`, it answers 421 to those beyond, as Microsoft 365 does.
    """

    def __init__(
        self,
        port: int | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        login: tuple[str, str] | None = None,
        most_connections: int | None = None,
    ) -> None:
        self.connections = ConnectionCount(most_connections)
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
        self._closing.callback(self._end_connections)
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
        """Every mail that was accepted, whether or not its reply got through."""
        return list(self.arrivals)

    def plan_faults(self, command: str, faults: Iterable[SmtpFault | None]) -> None:
        """What the next MAIL, RCPT, DATA or QUIT commands run into, one each; None is one that works."""
        self.faults.add(command, faults)

    def clear_faults(self) -> None:
        """Forget the faults that have not happened yet."""
        self.faults.clear()

    async def wait_for(self, count: int, timeout: float = HANG_TIMEOUT) -> list[ReceivedMail]:  # noqa: ASYNC109 - as in Arrivals
        """The accepted mails, as soon as there are at least `count`; TimeoutError otherwise."""
        return await self.arrivals.wait_for(count, timeout)

    def _protocol(self) -> SMTP:
        return CountedSmtp(
            self._connections,
            self.connections,
            self,
            hostname="localhost",
            ident="inbox",
            timeout=_PATIENCE_SECONDS,
            tls_context=None if self._implicit_tls else self._tls,
            require_starttls=bool(self._tls) and not self._implicit_tls,
            auth_require_tls=False,
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _end_connections(self) -> None:
        for connection in list(self._connections):
            _transport(connection).abort()

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        known = given == self._login
        return AuthResult(success=known, handled=False, auth_data=given[0] if known else None)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        refused = await self._run_into("MAIL", server)
        if not refused:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refused or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refused = await self._run_into("RCPT", server)
        if not refused:
            envelope.rcpt_tos.append(address)
        return refused or "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        mail = _received(server, session, envelope)
        return await self._run_into("DATA", server, mail) or "250 OK"

    async def handle_QUIT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        return await self._run_into("QUIT", server) or "221 Bye"

    async def _run_into(self, command: str, server: SMTP, mail: ReceivedMail | None = None) -> str:
        """The reply of the command's fault; empty if there is none, and then the mail is kept."""
        self.commands.append(command)
        fault = self.faults.next(command)
        if mail and (fault is None or fault.kept):
            self.arrivals.add(mail)
        if fault is None:
            return ""
        if not fault.reply:
            if not fault.hangs:
                _transport(server).close()
            await _until_the_connection_is_closed()
        if fault.reply.startswith("421"):
            await server.push(fault.reply)
            _transport(server).close()
            await _until_the_connection_is_closed()
        return fault.reply


def _transport(connected: SMTP) -> asyncio.Transport:
    """The type allows for none, which a connection that is being served always has."""
    return cast("asyncio.Transport", connected.transport)


async def _until_the_connection_is_closed() -> None:
    """The server cancels the coroutine that serves a connection as soon as that is lost."""
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
