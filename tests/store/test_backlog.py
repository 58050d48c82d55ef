"""The backlog: jobs due now and later, dead letters, and the worker's heartbeat."""

from datetime import timedelta

from redis.asyncio import Redis

from bot.store import Backlog, Store
from bot.store.queue import HEARTBEAT, QUEUE
from tests.factories import NOW, seconds
from tests.queue_times import now_ms
from tests.stored_events import accept, dead_letter


async def test_an_empty_queue_waits_for_nothing(store: Store) -> None:
    assert await store.backlog(NOW) == Backlog(
        due=0, later=0, oldest_seconds=0.0, dead=0, worker_alive=False
    )


async def test_jobs_are_due_or_for_later_by_redis_own_clock(store: Store, redis: Redis) -> None:
    for number in range(4):
        await accept(store, f"evt_{number}", NOW + timedelta(hours=number))
    await redis.zincrby(QUEUE, -15_000, "handle_event::evt_1")
    await redis.zincrby(QUEUE, 60_000, "handle_event::evt_2")
    await dead_letter(store, "evt_0")
    await redis.set(HEARTBEAT, "alive")
    found = await store.backlog(NOW + seconds(15))
    assert 15.0 <= found.oldest_seconds < 17.0
    assert (found.due, found.later, found.dead, found.worker_alive) == (4, 1, 1, True)


async def test_a_job_for_later_is_not_overdue(store: Store, redis: Redis) -> None:
    await redis.zadd(QUEUE, {"retry_delivery:dlv_1:evt_1": await now_ms(redis) + 60_000})
    assert (await store.backlog(NOW)).oldest_seconds == 0.0
