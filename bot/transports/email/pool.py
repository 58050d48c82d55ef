"""Connections to one mail server: few, reused, and counted over all workers."""

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

MOST_IN_ONE_PROCESS = 10
"""So that a slow mail server fills a part of a worker's 20 job slots only."""
_RENEWALS_IN_A_LEASE = 3

_log = structlog.get_logger()


class NoFreeConnection(BotError):
    """As many connections are open as there may be."""


@dataclass(eq=False, slots=True)
class SmtpConnection:
    """One open connection, and its slot."""

    token: str = field(default_factory=lambda: uuid4().hex)
    client: aiosmtplib.SMTP = field(default_factory=aiosmtplib.SMTP)
    uses: int = 0
    """How many mails were handed over on it, or refused."""
    needs_reset: bool = False
    """Whether a mail was refused on it: RSET comes before the next one."""
    has_slot: bool = True
    is_closing: bool = False
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    expiry: asyncio.TimerHandle | None = None

    @property
    def is_usable(self) -> bool:
        return self.client.is_connected and self.has_slot and not self.is_closing


class SmtpPool:
    """Hands out connections. One that is free is kept for `idle`, and closed after `most_uses`."""

    def __init__(
        self,
        connector: SmtpConnector,
        slots: SmtpSlots,
        *,
        idle: timedelta = timedelta(seconds=2),
        most_uses: int = 100,
    ) -> None:
        self.smtp = connector.smtp
        self.timeouts = connector.timeouts
        self.limit = min(slots.count, MOST_IN_ONE_PROCESS)
        self._connector = connector
        self._slots = slots
        self._idle_seconds = idle.total_seconds()
        self._most_uses = most_uses
        self._free: list[SmtpConnection] = []
        self._open: set[SmtpConnection] = set()
        self._background: set[asyncio.Task[None]] = set()

    async def take(self) -> SmtpConnection:
        """A connection that is ready for MAIL; give it back in any case.

        Raises:
            NoFreeConnection: if there may be no further one now, or Redis cannot tell.
            aiosmtplib.SMTPException, OSError: as SmtpConnector.connect has it.
        """
        while self._free:
            connection = self._free.pop()
            self._keep(connection)
            if connection.is_usable:
                return connection
            self._discard(connection)
        if len(self._open) >= self.limit:
            raise NoFreeConnection("all connections to the mail server are in use")
        return await self._new()

    async def reconnect(self, connection: SmtpConnection) -> None:
        """Replace a connection that the server has closed; it keeps its slot.

        Raises:
            aiosmtplib.SMTPException, OSError: as SmtpConnector.connect has it.
        """
        connection.client.close()
        connection.client = await self._connector.connect()
        connection.uses, connection.needs_reset = 0, False

    def give_back(self, connection: SmtpConnection, *, reusable: bool) -> None:
        connection.uses += 1
        if not reusable or not connection.is_usable or connection.uses >= self._most_uses:
            self._discard(connection, politely=reusable)
            return
        loop = asyncio.get_running_loop()
        connection.expiry = loop.call_later(self._idle_seconds, self._expire, connection)
        self._free.append(connection)

    async def close(self) -> None:
        """Close every connection, also one in use, and wait until they are closed."""
        for connection in list(self._open):
            self._keep(connection)
            self._discard(connection, politely=connection in self._free)
        self._free.clear()
        while self._background:
            await asyncio.wait(self._background)

    async def _new(self) -> SmtpConnection:
        connection = SmtpConnection()
        self._open.add(connection)
        try:
            taken = await self._take_slot(connection.token)
            if taken:
                self._run(self._renew(connection))
                connection.client = await self._connector.connect()
        except BaseException:
            self._discard(connection)
            raise
        if not taken:
            self._open.remove(connection)
            raise NoFreeConnection("other workers use all connections to the mail server")
        return connection

    async def _take_slot(self, token: str) -> bool:
        try:
            return await self._slots.take(token)
        except (RedisError, OSError) as fault:
            raise NoFreeConnection("Redis cannot tell whether one is free") from fault

    def _keep(self, connection: SmtpConnection) -> None:
        if connection.expiry is not None:
            connection.expiry.cancel()

    def _expire(self, connection: SmtpConnection) -> None:
        self._keep(connection)
        self._free.remove(connection)
        self._discard(connection, politely=True)

    def _discard(self, connection: SmtpConnection, *, politely: bool = False) -> None:
        """Close it in the background: neither QUIT nor the slot is worth a job's time.

        What must not be waited for with QUIT is closed at once.
        """
        if not politely or connection.is_closing:
            connection.client.close()
        if connection.is_closing:
            return
        connection.is_closing = True
        self._run(self._close(connection))

    async def _close(self, connection: SmtpConnection) -> None:
        """The slot is released only after the server knows that the connection is over."""
        try:
            if connection.client.is_connected:
                # A mail that was accepted stays accepted, whatever becomes of the QUIT.
                with suppress(aiosmtplib.SMTPException, OSError):
                    await connection.client.quit(timeout=self.timeouts.quit)
        finally:
            connection.client.close()
            connection.closed.set()
            with suppress(RedisError, OSError):  # it ends with its lease
                await self._slots.release(connection.token)
            self._open.discard(connection)

    async def _renew(self, connection: SmtpConnection) -> None:
        """Hold the slot until the connection is closed; without it, it carries no further mail."""
        seconds = self._slots.lease.total_seconds() / _RENEWALS_IN_A_LEASE
        while connection.has_slot and not await pause(seconds, connection.closed):
            try:
                connection.has_slot = await self._slots.renew(connection.token)
            except (RedisError, OSError) as fault:
                _log.warning("smtp slot not renewed", fault=type(fault).__name__)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Not in the job's context: it outlives the job."""
        task = asyncio.create_task(work, context=Context())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
