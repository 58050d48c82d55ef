"""A pool of connections to one mail server, limited over all workers."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiosmtplib
import structlog
from redis.exceptions import RedisError

from bot.clock import pause
from bot.errors import BotError
from bot.store.smtp_slots import SmtpSlots
from bot.transports.email.client import SmtpConnector

_MAX_PER_PROCESS = 10
"""Emails on connections occupy at most a fifth of a worker's jobs; those that wait do so for
`acquire_timeout` at most."""
_RENEWALS_PER_LEASE = 3

_log = structlog.get_logger()


class NoFreeConnection(BotError):
    """The limit of connections is reached."""


@dataclass(eq=False, slots=True)
class SmtpConnection:
    """An open connection and its slot in Redis."""

    token: str = field(default_factory=lambda: uuid4().hex)
    client: aiosmtplib.SMTP = field(default_factory=aiosmtplib.SMTP)
    uses: int = 0
    """Mails sent or refused on it."""
    needs_reset: bool = False
    """RSET is needed since an email was refused."""
    has_slot: bool = True
    in_use: bool = True
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_usable(self) -> bool:
        return self.client.is_connected and self.has_slot and not self.closing.is_set()


class SmtpPool:
    """Reuses connections until they are idle for `idle_timeout` or were used `max_uses` times.

    An email waits for a connection for `acquire_timeout` at most, first come, first served, and then goes
    back to the queue: a slow server must not hold up the jobs of other transports.
    """

    def __init__(
        self,
        connector: SmtpConnector,
        slots: SmtpSlots,
        *,
        idle_timeout: timedelta = timedelta(seconds=2),
        max_uses: int = 100,
        acquire_timeout: timedelta = timedelta(seconds=1),
    ) -> None:
        self.smtp = connector.smtp
        self.timeouts = connector.timeouts
        self.limit = min(slots.count, _MAX_PER_PROCESS)
        self._connector = connector
        self._slots = slots
        self._idle_timeout = idle_timeout.total_seconds()
        self._max_uses = max_uses
        self._acquire_timeout = acquire_timeout.total_seconds()
        self._available = asyncio.Semaphore(self.limit)
        """Counts the connections that may still be taken into use, open or not."""
        self._free: dict[SmtpConnection, asyncio.TimerHandle] = {}
        """With the timers that close them."""
        self._open: set[SmtpConnection] = set()
        self._unreleased: set[str] = set()
        """Tokens of slots that could not be released, to be taken again instead of free ones."""
        self._background: set[asyncio.Task[None]] = set()

    async def acquire(self) -> SmtpConnection:
        """Return a connection that is ready for MAIL, and must be released.

        Raises:
            NoFreeConnection: if the limit is reached for too long, or Redis does not answer.
            aiosmtplib.SMTPException, OSError: see SmtpConnector.connect.
        """
        try:
            async with asyncio.timeout(self._acquire_timeout):
                await self._available.acquire()
        except TimeoutError:
            raise NoFreeConnection("all connections to the mail server are in use") from None
        while self._free:
            connection, timer = self._free.popitem()
            timer.cancel()
            if connection.is_usable:
                connection.in_use = True
                return connection
            self._start_closing(connection)
        return await self._new()

    async def reconnect(self, connection: SmtpConnection) -> None:
        """Replace a connection that the server has closed; it keeps its slot."""
        connection.client.close()
        connection.client = await self._connector.connect()
        connection.uses, connection.needs_reset = 0, False

    def release(self, connection: SmtpConnection, *, reusable: bool) -> None:
        connection.uses += 1
        if not reusable or not connection.is_usable or connection.uses >= self._max_uses:
            self._start_closing(connection, send_quit=reusable)
            return
        self._end_use(connection)
        loop = asyncio.get_running_loop()
        self._free[connection] = loop.call_later(self._idle_timeout, self._expire, connection)

    async def close(self) -> None:
        """Close all connections, including those in use, and wait for it."""
        for connection in list(self._open):
            self._start_closing(connection, send_quit=connection in self._free)
        for timer in self._free.values():
            timer.cancel()
        self._free.clear()
        while self._background:
            await asyncio.wait(self._background)

    async def _new(self) -> SmtpConnection:
        connection = SmtpConnection()
        if self._unreleased:
            connection.token = self._unreleased.pop()
        self._open.add(connection)
        try:
            if await self._take_slot(connection.token):
                self._run(self._renew(connection))
                connection.client = await self._connector.connect()
                return connection
        except BaseException:
            self._start_closing(connection)
            raise
        self._open.discard(connection)
        self._end_use(connection)
        raise NoFreeConnection("other workers use all connections to the mail server")

    async def _take_slot(self, token: str) -> bool:
        try:
            return await self._slots.take(token)
        except (RedisError, OSError) as error:
            raise NoFreeConnection("Redis does not answer") from error

    def _expire(self, connection: SmtpConnection) -> None:
        del self._free[connection]
        self._start_closing(connection, send_quit=True)

    def _start_closing(self, connection: SmtpConnection, *, send_quit: bool = False) -> None:
        """Close the connection in the background, since a job need not wait for it."""
        if not send_quit or connection.closing.is_set():
            connection.client.close()
        if not connection.closing.is_set():
            connection.closing.set()
            self._run(self._close(connection))

    async def _close(self, connection: SmtpConnection) -> None:
        """Release the slot only after the connection is closed."""
        try:
            if connection.client.is_connected:
                with suppress(aiosmtplib.SMTPException, OSError):
                    await connection.client.quit(timeout=self.timeouts.quit)
        finally:
            connection.client.close()
            try:
                await self._slots.release(connection.token)
            except (RedisError, OSError):  # the slot expires
                self._unreleased.add(connection.token)
            self._open.discard(connection)
            self._end_use(connection)

    def _end_use(self, connection: SmtpConnection) -> None:
        """Let the next waiting email have the connection."""
        if connection.in_use:
            connection.in_use = False
            self._available.release()

    async def _renew(self, connection: SmtpConnection) -> None:
        """Renew the slot until it is lost, or until the connection is being closed."""
        interval = self._slots.lease.total_seconds() / _RENEWALS_PER_LEASE
        while connection.has_slot and not await pause(interval, connection.closing):
            try:
                connection.has_slot = await self._slots.renew(connection.token)
            except (RedisError, OSError) as error:
                _log.warning("smtp slot not renewed", fault=type(error).__name__)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background, without the context of the job, which ends earlier."""
        task = asyncio.create_task(work, context=Context())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
