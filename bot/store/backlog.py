"""The size of the queue, the dead letters, and whether a worker is alive."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.asyncio import Redis

from bot.model import DeadLetter, to_ms
from bot.store import keys
from bot.store.queue import HEARTBEAT, QUEUE


@dataclass(frozen=True, slots=True)
class Backlog:
    """The queue at one moment. `oldest_seconds` is how long the oldest job has been due."""

    due: int
    later: int
    oldest_seconds: float
    dead: int
    worker_alive: bool


async def read_backlog(redis: Redis, now: datetime, retention: timedelta) -> Backlog:
    seconds, microseconds = await redis.time()  # jobs are due by the clock of Redis
    now_ms = seconds * 1_000 + microseconds // 1_000
    async with redis.pipeline(transaction=False) as pipe:
        pipe.zcount(QUEUE, "-inf", now_ms)
        pipe.zcard(QUEUE)
        pipe.zrange(QUEUE, 0, 0, withscores=True)
        pipe.zcount(keys.DEAD, to_ms(now - retention), "+inf")
        pipe.exists(HEARTBEAT)
        due, queued, first, dead, alive = await pipe.execute()
    oldest_ms = max(0.0, now_ms - first[0][1]) if first else 0.0
    return Backlog(due, queued - due, oldest_ms / 1000, dead, bool(alive))


async def dead_letters(redis: Redis, since: datetime) -> list[DeadLetter]:
    """Return the readable dead letters, the latest first."""
    found: list[DeadLetter] = []
    for raw in await redis.zrevrangebyscore(keys.DEAD, "+inf", to_ms(since)):
        with suppress(ValueError):
            found.append(DeadLetter.parse(raw.decode()))
    return found
