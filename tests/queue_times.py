"""When jobs are due, by Redis' own clock."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.store.queue import QUEUE

_MOST_PASSED = timedelta(seconds=30)
"""What may have passed since the job was written, on a busy machine."""


async def due_in(redis: Redis, job_id: str) -> timedelta:
    """How long it is until the job is due; negative if it is overdue."""
    score = await redis.zscore(QUEUE, job_id)
    assert score is not None, f"{job_id} is not in the queue"
    return timedelta(milliseconds=score - await now_ms(redis))


async def is_due_in(redis: Redis, job_id: str, delay: timedelta) -> bool:
    """Whether the job was written just now, to be due after that delay."""
    return delay - _MOST_PASSED < await due_in(redis, job_id) <= delay


async def now_ms(redis: Redis) -> int:
    seconds, microseconds = await redis.time()
    return int(seconds * 1_000 + microseconds // 1_000)
