"""A client for a ScriptRunner that remembers its round trips to Redis, and can hold them up."""

import asyncio
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline


class WatchedPipelines:
    """Makes the pipelines of a client; `sizes` has how many commands each of them had."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.sizes: list[int] = []
        self.is_sending = asyncio.Event()
        self.may_send = asyncio.Event()
        self.may_send.set()

    @property
    def as_redis(self) -> Redis:
        return cast("Redis", self)

    def pipeline(self, *, transaction: bool) -> Pipeline:
        pipe = self._redis.pipeline(transaction=transaction)
        execute = pipe.execute

        async def watched(*, raise_on_error: bool) -> list[Any]:
            self.sizes.append(len(pipe))
            self.is_sending.set()
            await self.may_send.wait()
            return await execute(raise_on_error=raise_on_error)

        pipe.execute = watched  # type: ignore[method-assign]  # all else is the client's own
        return pipe
