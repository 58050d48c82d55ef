"""Reads the newest events page by page, as a search goes through them."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.store import keys
from bot.store.reading import text_ids
from bot.store.stored_event import BODY, DELIVERY_PREFIX, EVENT, StoredEvent, decode_event

SEARCHED = 1_000
_AT_ONCE = 250
"""Events whose sizes are read at once; what follows from each answer does not block for long."""
_PAGE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Skimmed:
    """An event without its deliveries and its timeline, and the ids of the deliveries."""

    stored: StoredEvent
    delivery_ids: Sequence[str]


async def pages_of_newest(
    redis: Redis, count: int = SEARCHED, page_bytes: int = _PAGE_BYTES
) -> AsyncIterator[list[Skimmed]]:
    """Yield the readable events among the latest `count`, newest first.

    The bodies of a page have `page_bytes` in total, unless a single one is larger. It takes two round trips
    to Redis for every 250 small events, and one for each further page.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    ids = text_ids(await redis.zrevrange(keys.LOG, 0, count - 1))
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        sizes = await _execute(redis, [("HSTRLEN", keys.event(i), BODY) for i in some])
        for page in _by_size(some, sizes, page_bytes):
            names = [("HKEYS", keys.event(i)) for i in page]
            values = [("HMGET", keys.event(i), EVENT, BODY) for i in page]
            rows = await _execute(redis, [*names, *values])
            yield list(_skimmed(page, rows[: len(page)], rows[len(page) :]))


async def _execute(redis: Redis, commands: Sequence[tuple[str, ...]]) -> list[Any]:
    """Return the replies; an error for a key of another type, which another program has written."""
    async with redis.pipeline(transaction=False) as pipe:
        for command in commands:
            pipe.execute_command(*command)
        replies: list[Any] = await pipe.execute(raise_on_error=False)
    for reply in replies:
        if isinstance(reply, Exception) and not str(reply).startswith("WRONGTYPE"):
            raise reply
    return replies


def _by_size(ids: Sequence[str], sizes: Sequence[Any], limit: int) -> Iterator[list[str]]:
    page: list[str] = []
    total = 0
    for event_id, size in zip(ids, sizes, strict=True):
        if isinstance(size, Exception):
            continue
        if page and total + size > limit:
            yield page
            page, total = [], 0
        page.append(event_id)
        total += size
    if page:
        yield page


def _skimmed(ids: Sequence[str], names: Sequence[Any], rows: Sequence[Any]) -> Iterator[Skimmed]:
    for event_id, found, row in zip(ids, names, rows, strict=True):
        if not isinstance(found, list) or not isinstance(row, list) or row[0] is None:
            continue
        kept = {EVENT.encode(): row[0], **({BODY.encode(): row[1]} if row[1] is not None else {})}
        with suppress(CorruptRecord):
            stored = decode_event(event_id, kept)
            yield Skimmed(stored, [n for n in text_ids(found) if n.startswith(DELIVERY_PREFIX)])
