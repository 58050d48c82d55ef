"""Logs an outage of Redis: when it begins, then at growing intervals, and when it ends."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.clock import in_background, pause
from bot.store.redis_errors import diagnose

_LOG_INTERVALS = (10.0, 60.0, 300.0, 900.0)
"""Seconds between two lines about one outage; the last one repeats."""

_log = structlog.get_logger()


class RedisOutage:
    """Logs when this process cannot reach Redis. `monotonic` gives seconds from any origin."""

    def __init__(self, redis: Redis, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._address = address_of(redis)
        self._monotonic = monotonic
        self._began_at: float | None = None
        self._next_line_at = 0.0
        self._lines = 0

    def failed(self, error: BaseException) -> None:
        """Log that Redis could not be reached, unless that was logged recently."""
        now = self._monotonic()
        if self._began_at is None:
            self._began_at, self._next_line_at, self._lines = now, now, 0
        if now < self._next_line_at:
            return
        self._next_line_at = now + _LOG_INTERVALS[min(self._lines, len(_LOG_INTERVALS) - 1)]
        self._lines += 1
        away = round(now - self._began_at)
        problem = diagnose(error)
        fix = {"fix": problem.fix} if problem.fix else {}
        _log.warning(
            "redis unreachable", redis=self._address, reason=problem.text, **fix, away_s=away
        )

    def answered(self) -> None:
        """Log that Redis is reachable again, if it was not before."""
        if self._began_at is not None:
            away = round(self._monotonic() - self._began_at)
            self._began_at = None
            _log.info("redis reachable again", redis=self._address, away_s=away)

    def watching(self, interval: timedelta) -> AbstractAsyncContextManager[None]:
        """Ping Redis at this interval for as long as the block lasts."""
        return in_background(partial(self._watch, interval.total_seconds()))

    async def _watch(self, seconds: float, ended: asyncio.Event) -> None:
        stopped = False
        while not stopped:
            try:
                await self._redis.ping()
            except (RedisError, OSError) as error:
                self.failed(error)
            else:
                self.answered()
            stopped = await pause(seconds, ended)


def address_of(redis: Redis) -> str:
    """Return `host:port`, or the path of the socket, without the password."""
    options = redis.connection_pool.connection_kwargs
    if "path" in options:
        return str(options["path"])
    return f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
