"""Sends deliveries by email."""

import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

import aiosmtplib

from bot.clock import utc_now
from bot.delivery.sender import CheckLease
from bot.errors import DeliveryError
from bot.model import Destination
from bot.model.outgoing import OutgoingMessage, RateLimit
from bot.transports.email.content import Mail
from bot.transports.email.errors import SUCCESS, as_delivery_error, has_closed
from bot.transports.email.mime import mime_message
from bot.transports.email.pool import NoFreeConnection, SmtpConnection, SmtpPool
from bot.unsubscribe.links import UnsubscribeLinks

_MAX_JITTER = 0.25
_LATEST_WEIGHT = 0.3
_MIN_SECONDS, _MAX_SECONDS = 0.02, 1.0
_SPEEDUP = 0.8
"""Emails come a little faster than connections become free, so that no connection is idle."""


class EmailSender:
    """Sends emails from `from_address`. The recruiters' have the recipient's own one of the `links`.

    After a refusal because of load it waits for `load_wait` and up to a quarter more; `jitter` returns
    random numbers from 0 to 1.
    """

    def __init__(
        self,
        pool: SmtpPool,
        from_address: str,
        *,
        links: UnsubscribeLinks | None = None,
        clock: Callable[[], datetime] = utc_now,
        jitter: Callable[[], float] = random.random,
        load_wait: timedelta = timedelta(seconds=30),
    ) -> None:
        self._pool = pool
        self._from_address = from_address
        self._links = links
        self._rate = MailRate(pool.limit)
        self._clock = clock
        self._jitter = jitter
        self._load_wait = load_wait

    def rate_limit(self, destination: Destination) -> RateLimit:  # noqa: ARG002  # the same for all
        """Return the limit of the mail server, which all recipients share."""
        smtp = self._pool.smtp
        return RateLimit(f"smtp:{smtp.host}:{smtp.port}", self._rate.spacing)

    async def send(self, message: OutgoingMessage[Mail], check_lease: CheckLease) -> str:
        """Send the email and return its Message-ID.

        An email cannot be looked up, so one that is `maybe_delivered` is sent again under the same
        Message-ID. If no connection is free, that is a rate limit.
        """
        mime = mime_message(message, self._from_address, self._clock(), self._links)
        transfer = _Transfer(mime, check_lease, self._pool.timeouts.data)
        try:
            connection = await self._pool.acquire()
            with self._rate.measured():
                await self._transfer(transfer, connection)
        except NoFreeConnection as error:
            reason = "waiting for a connection to the mail server"
            raise DeliveryError.rate_limited(reason, self._rate.spacing) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            wait = self._load_wait * (1 + _MAX_JITTER * self._jitter())
            raise as_delivery_error(error, maybe_delivered=transfer.begun, wait=wait) from error
        return str(mime["Message-ID"])

    async def close(self) -> None:
        await self._pool.close()

    async def _transfer(self, transfer: "_Transfer", connection: SmtpConnection) -> None:
        """Transfer the email; use a new connection if the server has closed the reused one."""
        reusable = False
        try:
            try:
                await transfer.run(connection)
            except (aiosmtplib.SMTPException, OSError) as error:
                if not connection.uses or transfer.begun or not has_closed(error):
                    raise
                await self._pool.reconnect(connection)
                await transfer.run(connection)
            reusable = True
        except aiosmtplib.SMTPResponseException as error:
            reusable = not has_closed(error)
            connection.needs_reset = True
            raise
        finally:
            self._pool.release(connection, reusable=reusable)


@dataclass(slots=True)
class _Transfer:
    """The transfer of a MIME message, which may have arrived once it has `begun`."""

    mime: EmailMessage
    check_lease: CheckLease
    data_timeout: float
    begun: bool = False

    async def run(self, connection: SmtpConnection) -> None:
        client = connection.client
        [from_address], recipient = self.mime["From"].addresses, str(self.mime["To"])
        if connection.needs_reset:
            await client.rset()
            connection.needs_reset = False
        await _expect_success(client.mail(from_address.addr_spec))
        await _expect_success(client.rcpt(recipient))
        self.check_lease()
        self.begun = True
        await client.data(self.mime.as_bytes(), timeout=self.data_timeout)


async def _expect_success(command: Awaitable[object]) -> None:
    """Wait for a command's reply; aiosmtplib raises for some successes, such as 252."""
    try:
        await command
    except aiosmtplib.SMTPResponseException as error:
        if error.code not in SUCCESS:
            raise


class MailRate:
    """Measures how long emails take, and derives the interval for those that wait for a connection."""

    def __init__(self, connections: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._monotonic = monotonic
        self._average = 0.0
        self._started: list[float] = []

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure one email."""
        started = self._monotonic()
        self._started.append(started)
        try:
            yield
        finally:
            self._started.remove(started)
            weight = _LATEST_WEIGHT if self._average else 1.0
            self._average += weight * (self._monotonic() - started - self._average)

    @property
    def spacing(self) -> timedelta:
        """The interval between two emails; one in progress counts with its time so far."""
        so_far = self._monotonic() - max(self._started) if self._started else 0.0
        seconds = max(self._average, so_far) * _SPEEDUP / self._connections
        return timedelta(seconds=min(max(seconds, _MIN_SECONDS), _MAX_SECONDS))
