"""Sends deliveries as mails, one connection for each."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage

import aiosmtplib

from bot.clock import utc_now
from bot.delivery.render import Renderer
from bot.delivery.senders import Ensure
from bot.delivery.senders.letter import write_letter
from bot.delivery.senders.smtp_errors import as_delivery_error
from bot.model import Delivery
from bot.smtp_client import smtp_client
from bot.smtp_url import Smtp

_QUIT_SECONDS = 2


class EmailSender:
    """`sender` is what EMAIL_FROM says. A mail takes `timeout` at most, all its commands together."""

    def __init__(
        self,
        smtp: Smtp,
        sender: str,
        renderer: Renderer,
        *,
        timeout: timedelta = timedelta(seconds=15),
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._smtp = smtp
        self._sender = sender
        self._renderer = renderer
        self._seconds = timeout.total_seconds()
        self._tls = tls
        self._clock = clock

    async def send(self, delivery: Delivery, ensure: Ensure) -> str:
        """Hand the delivery's mail to the server; its Message-ID.

        Mail cannot be looked for, so an `unsure` delivery is repeated under the same Message-ID.

        Raises:
            DeliveryError: as smtp_errors has it.
            RenderError: if a template fails.
            LeaseLost: out of `ensure`.
        """
        mail = self._renderer.mail_of(delivery.notification)
        letter = write_letter(delivery, mail, self._sender, self._clock())
        client = smtp_client(self._smtp, self._seconds, self._tls)
        await _Handover(client, letter, ensure).run(self._seconds)
        return str(letter["Message-ID"])

    async def close(self) -> None:
        """Nothing stays open between two mails."""


class _Handover:
    """One letter on its way to the server; it may have arrived from `begun` on."""

    def __init__(self, client: aiosmtplib.SMTP, letter: EmailMessage, ensure: Ensure) -> None:
        self._client = client
        self._letter = letter
        self._ensure = ensure
        self._begun = False

    async def run(self, seconds: float) -> None:
        try:
            with self._delivery_errors():
                async with asyncio.timeout(seconds):
                    await self._transfer()
            await self._quit()
        finally:
            self._client.close()

    async def _transfer(self) -> None:
        [sender], recipient = self._letter["From"].addresses, str(self._letter["To"])
        await self._client.connect()
        await self._client.mail(sender.addr_spec)
        await self._client.rcpt(recipient)
        self._ensure()
        self._begun = True
        await self._client.data(self._letter.as_bytes())

    @contextlib.contextmanager
    def _delivery_errors(self) -> Iterator[None]:
        try:
            yield
        except (aiosmtplib.SMTPException, OSError) as error:
            raise as_delivery_error(error, unsure=self._begun) from error

    async def _quit(self) -> None:
        """A mail that was accepted stays accepted, whatever becomes of the goodbye."""
        with contextlib.suppress(aiosmtplib.SMTPException):
            await self._client.quit(timeout=_QUIT_SECONDS)
