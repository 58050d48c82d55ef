"""Due times of jobs, by the clock of Redis."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.store.queue import QUEUE

_TOLERANCE = timedelta(seconds=30)
"""The time since the job was written, on a busy machine."""


async def due_in(redis: Redis, job_id: str) -> timedelta:
    """Return the time until the job is due; negative if it is overdue."""
    score = await redis.zscore(QUEUE, job_id)
    assert score is not None, f"{job_id} is not in the queue"
    return timedelta(milliseconds=score - await now_ms(redis))


async def is_due_in(redis: Redis, job_id: str, delay: timedelta) -> bool:
    """True if the job was enqueued just now with this delay."""
    return delay - _TOLERANCE < await due_in(redis, job_id) <= delay


async def now_ms(redis: Redis) -> int:
    seconds, microseconds = await redis.time()
    return int(seconds * 1_000 + microseconds // 1_000)
