"""Reads hashes, which redis-py does not type precisely, and ids as text."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, cast

from redis.asyncio import Redis


async def read_hash(redis: Redis, key: str) -> dict[bytes, bytes]:
    answer: Any = redis.hgetall(key)
    return cast("dict[bytes, bytes]", await answer)


def text_ids(raws: Iterable[bytes]) -> list[str]:
    """Return the ids that are UTF-8, in order. The bot writes no others."""
    texts: list[str] = []
    for raw in raws:
        with suppress(UnicodeDecodeError):
            texts.append(raw.decode())
    return texts
