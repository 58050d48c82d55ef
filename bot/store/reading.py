"""Reads whose types redis-py leaves open."""

from typing import Any, cast

from redis.asyncio import Redis


async def read_hash(redis: Redis, key: str) -> dict[bytes, bytes]:
    answer: Any = redis.hgetall(key)
    return cast("dict[bytes, bytes]", await answer)


async def read_list(redis: Redis, key: str) -> list[bytes]:
    answer: Any = redis.lrange(key, 0, -1)
    return cast("list[bytes]", await answer)
