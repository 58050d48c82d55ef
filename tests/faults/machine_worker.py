"""A worker that lives in a test's event loop, one poll of the queue at a time."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from arq.connections import ArqRedis
from redis.exceptions import RedisError

from bot.delivery.attempt import Attempts
from bot.delivery.rate_limit import Turns
from bot.delivery.sender import ActiveTransport
from bot.metrics.recorder import Metrics
from bot.model import Transport
from bot.registry import Registry
from bot.settings import Settings
from bot.store import Store
from bot.store.connection import connect
from bot.store.smtp_slots import SmtpSlots
from bot.transports.email.client import SmtpConnector
from bot.transports.email.pool import SmtpPool
from bot.transports.email.sender import EmailSender
from bot.transports.slack.client import slack_client
from bot.transports.slack.sender import SlackSender
from bot.wiring import audiences
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import LeasedWorker
from tests.faults.machine_life import Life
from tests.faults.machine_time import Time
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER

RETENTION = timedelta(days=30)
PATIENCE = timedelta(seconds=30)
"""How long Redis may take to answer, in real time: no fault of the machine's takes as long."""
_CONNECTIONS = 50
"""To the mail server: waiting for one takes time, and here none passes by itself."""


def machine_jobs(settings: Settings, registry: Registry, time: Time) -> WorkerTasks:
    """As `build_jobs` makes them, by another clock and with less patience."""
    assert settings.slack_bot_token is not None
    assert settings.smtp is not None
    token, url = settings.slack_bot_token.get_secret_value(), str(settings.slack_api_url)
    store = Store(
        connect(settings.redis_url.get_secret_value(), timeout=PATIENCE), retention=RETENTION
    )
    sender, smtp = str(settings.email_from), settings.smtp
    slots = SmtpSlots(store.redis, smtp.host, smtp.port, _CONNECTIONS)
    pool = SmtpPool(SmtpConnector(smtp, settings.ehlo_name), slots)
    attempts = Attempts(
        store=store,
        transports={
            Transport.SLACK: ActiveTransport(
                SLACK_RENDERER.render, SlackSender(slack_client(token, url))
            ),
            Transport.EMAIL: ActiveTransport(
                MAIL_RENDERER.render, EmailSender(pool, sender, clock=time.now)
            ),
        },
        metrics=Metrics(store.counters, registry.types),
        clock=time.now,
        turns=Turns(time.monotonic),
    )
    return WorkerTasks(registry, store, attempts, audiences(settings), settings.policy, time.now)


class MachineWorker:
    """Polls when told to. It can be struck in the middle of that, and then is frozen."""

    def __init__(self, jobs: WorkerTasks) -> None:
        self.life = Life()
        self._jobs = jobs
        self._redis = ArqRedis(jobs.store.redis.connection_pool)
        self._leased = self._anew()
        self._polling: asyncio.Task[Any] | None = None

    def _anew(self) -> LeasedWorker:
        return LeasedWorker(self._jobs, self._redis, asyncio.Event())

    @property
    def is_frozen(self) -> bool:
        return self.life.frozen.is_set()

    async def poll(self) -> None:
        """Run what is due; return when that is done, or the worker frozen."""
        self._polling = await self.life.run(self._poll())
        self._surface()

    async def thaw(self) -> None:
        """Go on where it was frozen, as if no time had passed."""
        assert self._polling is not None
        self.life.thaw()
        await self.life.go_on(self._polling)
        self._surface()

    async def _poll(self) -> None:
        leased = self._leased
        try:
            await leased._poll_iteration()
        except (RedisError, OSError):
            # As the supervisor does; arq's worker has lost count of its jobs.
            await self._redis.connection_pool.disconnect(inuse_connections=False)
            self._leased = self._anew()
        if leased.tasks:
            await asyncio.wait(leased.tasks.values())

    def _surface(self) -> None:
        """What a worker raises is a bug: it is to survive all of this."""
        if self._polling is not None and self._polling.done():
            self._polling.result()

    async def close(self) -> None:
        """Let go of everything; the network is gone by now if the worker was killed."""
        self.life.thaw()
        if self._polling is not None:
            everything = [self._polling, *self._leased.tasks.values()]
            for task in everything:
                task.cancel()
            await asyncio.wait(everything, timeout=5)
        with suppress(RedisError, OSError):
            await self._jobs.close()
