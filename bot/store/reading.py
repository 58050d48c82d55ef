"""Reads hashes, which redis-py does not type precisely, and ids as text."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, cast

from redis.asyncio import Redis


async def read_hash(redis: Redis, key: str) -> dict[bytes, bytes]:
    answer: Any = redis.hgetall(key)
    return cast("dict[bytes, bytes]", await answer)


async def read_hashes(redis: Redis, keys: Sequence[str]) -> list[dict[bytes, bytes]]:
    """Return these hashes. A key of another type, which another program has written, is an empty one."""
    async with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hgetall(key)
        rows = await pipe.execute(raise_on_error=False)
    for row in rows:
        if isinstance(row, Exception) and not str(row).startswith("WRONGTYPE"):
            raise row
    return [row if isinstance(row, dict) else {} for row in rows]


def text_ids(raws: Iterable[bytes]) -> list[str]:
    """Return the ids that are UTF-8, in order. The bot writes no others."""
    texts: list[str] = []
    for raw in raws:
        with suppress(UnicodeDecodeError):
            texts.append(raw.decode())
    return texts
