"""Metric counters that all processes add to, in Redis."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.clock import in_background, pause
from bot.store import keys
from bot.store.reading import read_hash

Labels = tuple[tuple[str, str], ...]
_Key = tuple[str, Labels]


class Counters:
    """Counts in memory and adds to Redis in batches, so a flood of bad requests costs no round trips.

    A killed process loses what it counted since its last `flush`; a flush whose reply was lost may
    count twice. Metrics tolerate both.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._pending: dict[_Key, float] = {}

    def add(self, name: str, value: float = 1, **labels: str) -> None:
        key = (name, tuple(labels.items()))
        self._pending[key] = self._pending.get(key, 0) + value

    async def flush(self) -> None:
        """Add the pending counts to the totals in Redis; if that fails, keep them for the next flush."""
        pending, self._pending = self._pending, {}
        if not pending:
            return
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                for (name, labels), value in pending.items():
                    field = json.dumps([name, sorted(labels)])
                    pipe.hincrbyfloat(keys.COUNTERS, field, value)
                await pipe.execute()
        except BaseException:
            for key, value in pending.items():
                self._pending[key] = self._pending.get(key, 0) + value
            raise

    def flushing(self, seconds: float = 1) -> AbstractAsyncContextManager[None]:
        """Flush at this interval inside the block, and once at its end; ignore an unavailable Redis."""
        return in_background(partial(self._keep_flushing, seconds))

    async def _keep_flushing(self, seconds: float, ended: asyncio.Event) -> None:
        last = False
        while not last:
            last = await pause(seconds, ended)
            with suppress(RedisError, OSError):
                await self.flush()

    async def totals(self) -> Mapping[str, Mapping[Labels, float]]:
        """Return every total by name, then by labels. Unknown fields are left out."""
        found: dict[str, dict[Labels, float]] = {}
        for field, value in (await read_hash(self._redis, keys.COUNTERS)).items():
            try:
                name, labels = json.loads(field)
                key = tuple((str(label), str(text)) for label, text in labels)
                found.setdefault(str(name), {})[key] = float(value)
            except (ValueError, TypeError):
                continue
        return found
