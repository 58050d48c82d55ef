"""The backlog: what is due, what waits for later, what is dead, who is alive."""

from redis.asyncio import Redis

from bot.store import Store
from bot.store.backlog import Backlog
from tests.making import NOW, body_of, make_event, seconds


async def test_an_empty_queue_waits_for_nothing(store: Store) -> None:
    assert await store.backlog(NOW) == Backlog(
        due=0, later=0, oldest_seconds=0.0, dead=0, worker_alive=False
    )


async def test_jobs_are_due_or_for_later(store: Store, redis: Redis) -> None:
    for number in range(3):
        event = make_event(f"evt_{number}")
        await store.events.accept(event, body_of(event), NOW + seconds(10 * number))
    await store.events.bury("evt_0", "broken", NOW)
    await redis.set("arq:queue:health-check", "alive")
    assert await store.backlog(NOW + seconds(15)) == Backlog(
        due=3, later=1, oldest_seconds=15.0, dead=1, worker_alive=True
    )


async def test_a_job_for_later_is_not_overdue(store: Store) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW + seconds(60))
    assert (await store.backlog(NOW)).oldest_seconds == 0.0
