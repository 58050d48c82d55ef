"""Jobs that a test has taken from the queue, as a worker takes them."""

from datetime import timedelta
from typing import Any

from redis.asyncio import Redis

from bot.store import Store
from bot.store.commit import Run
from bot.store.job_queue import Taken
from bot.store.queue import JOBS, LEASES, QUEUE, RUNNING, JobId, Task
from tests.stored_events import accept

LEASE = timedelta(seconds=14)
JOB = JobId(Task.EVENT, "evt_1")


async def take(store: Store, count: int = 10, lease: timedelta = LEASE) -> Taken:
    return await store.queue.take(count, lease, timedelta(seconds=6))


async def started(store: Store, job: JobId = JOB) -> Run:
    """Take the due jobs, and return the run of this one."""
    runs = {taken.run.job: taken.run for taken in (await take(store)).jobs}
    return runs[job]


async def accept_many(store: Store, redis: Redis, *overdue_seconds: int) -> None:
    """Accept events `evt_<n>` whose jobs are due since n seconds."""
    for number in overdue_seconds:
        await accept(store, f"evt_{number}")
        await redis.zincrby(QUEUE, -1_000 * number, f"handle_event::evt_{number}")


async def expire_leases(redis: Redis) -> None:
    """Let the leases of all running jobs expire."""
    for job_id in await redis.zrange(RUNNING, 0, -1):
        await redis.zadd(RUNNING, {job_id: 1})


async def queued(redis: Redis) -> set[str]:
    return {raw.decode() for raw in await redis.zrange(QUEUE, 0, -1)}


async def lose(redis: Redis, job: JobId | str) -> None:
    """Remove a job as another application does that does not know its task."""
    await redis.zrem(QUEUE, str(job))
    await redis.delete(f"arq:job:{job}")


async def lose_all(redis: Redis) -> None:
    """Remove every job, with the index of all jobs."""
    await redis.delete(QUEUE, JOBS, RUNNING, LEASES)


async def snapshot(redis: Redis) -> dict[str, object]:
    """Return everything in Redis."""
    read: dict[bytes, Any] = {
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
        b"string": redis.get,
    }
    found = sorted(await redis.keys("*"))
    return {key.decode(): await read[await redis.type(key)](key) for key in found}
