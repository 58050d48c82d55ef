"""Leases: a running job has one owner, and only the owner can end it."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.store import Store, keys
from bot.store.leases import Leases
from bot.store.queue import LEASE_KEY, QUEUE
from tests.factories import NOW, body_of, make_event
from tests.queue_times import is_due_in, now_ms

JOB = "handle_event:evt_1"
IN_PROGRESS = LEASE_KEY + JOB


@pytest.fixture
async def leases(store: Store, redis: Redis) -> Leases:
    """The leases, with one job in the queue."""
    await accept(store, "evt_1")
    return Leases(redis, 15_000)


@pytest.fixture
async def due(leases: Leases) -> int:
    """The due time of the job in milliseconds."""
    [(_, due_ms)] = (await leases.due(1)).jobs
    return due_ms


async def accept(store: Store, event_id: str) -> None:
    event = make_event(event_id)
    await store.events.accept(event, body_of(event), NOW)


async def test_a_job_is_due_by_the_clock_of_redis(leases: Leases, redis: Redis) -> None:
    """NOW, when the event was accepted, is long past."""
    [(job_id, due_ms)] = (await leases.due(10)).jobs
    assert job_id == JOB
    assert 0 <= await now_ms(redis) - due_ms < timedelta(hours=1) / timedelta(milliseconds=1)


async def test_due_jobs_without_a_lease_are_returned_in_order_up_to_the_limit(
    leases: Leases, store: Store, redis: Redis
) -> None:
    for number in (2, 3, 4, 5):
        await accept(store, f"evt_{number}")
        await redis.zincrby(QUEUE, -1_000 * number, f"handle_event:evt_{number}")
    await redis.zadd(QUEUE, {"handle_event:evt_5": await now_ms(redis) + 60_000})
    await redis.set(LEASE_KEY + "handle_event:evt_3", "another owner")
    free = [job_id for job_id, _ in (await leases.due(10)).jobs]
    assert free == ["handle_event:evt_4", "handle_event:evt_2", JOB]
    assert [job_id for job_id, _ in (await leases.due(2)).jobs] == free[:2]


async def test_a_job_without_a_lease_can_be_taken(leases: Leases, due: int, redis: Redis) -> None:
    assert await leases.take(JOB, "a", due) is True
    assert await redis.get(IN_PROGRESS) == b"a"
    assert 0 < await redis.pttl(IN_PROGRESS) <= 15_000
    assert (await leases.due(1)).jobs == []


async def test_a_job_that_was_finished_or_rescheduled_in_the_meantime_cannot_be_taken(
    leases: Leases, due: int, redis: Redis
) -> None:
    """Another worker was faster, between `due` and `take`."""
    await redis.zadd(QUEUE, {JOB: due + 1_000})
    assert await leases.take(JOB, "a", due) is False
    await redis.zrem(QUEUE, JOB)
    assert await leases.take(JOB, "a", due) is False
    assert await redis.exists(IN_PROGRESS) == 0


async def test_taking_again_after_a_lost_reply_is_harmless(leases: Leases, due: int) -> None:
    assert await leases.take(JOB, "a", due) is True
    assert await leases.take(JOB, "a", due) is True


async def test_another_owner_is_refused(leases: Leases, due: int) -> None:
    await leases.take(JOB, "a", due)
    assert await leases.take(JOB, "b", due) is False
    assert await leases.renew(JOB, "b") is False
    assert await leases.finish(JOB, "b", due) is False
    assert await leases.finish(JOB, "b", due, timedelta()) is False


async def test_an_expired_lease_can_be_taken_but_not_renewed(
    leases: Leases, due: int, redis: Redis
) -> None:
    await leases.take(JOB, "a", due)
    await redis.delete(IN_PROGRESS)
    assert await leases.renew(JOB, "a") is False
    assert await leases.take(JOB, "b", due) is True


async def test_renewing_extends_the_lease(leases: Leases, due: int, redis: Redis) -> None:
    await leases.take(JOB, "a", due)
    long = Leases(redis, 3_600_000)
    assert await long.renew(JOB, "a") is True
    assert 15_000 < await redis.pttl(IN_PROGRESS) <= 3_600_000


async def test_a_finished_job_leaves_nothing_behind(leases: Leases, due: int, redis: Redis) -> None:
    await leases.take(JOB, "a", due)
    assert await leases.finish(JOB, "a", due) is True
    assert await redis.keys("arq:*") == []
    assert await redis.zrange(QUEUE, 0, -1) == await redis.zrange(keys.UNFINISHED, 0, -1) == []


async def test_a_job_that_was_put_back_is_due_again(leases: Leases, due: int, redis: Redis) -> None:
    await leases.take(JOB, "a", due)
    assert await leases.finish(JOB, "a", due, timedelta()) is True
    assert await redis.zscore(QUEUE, JOB) == due
    assert await redis.exists(IN_PROGRESS, f"arq:job:{JOB}") == 1


async def test_a_job_can_be_put_back_with_a_delay(leases: Leases, due: int, redis: Redis) -> None:
    await leases.take(JOB, "a", due)
    await leases.finish(JOB, "a", due, timedelta(minutes=1))
    assert await is_due_in(redis, JOB, timedelta(seconds=60))


async def test_a_job_that_was_rescheduled_while_it_ran_stays_in_the_queue(
    leases: Leases, due: int, redis: Redis
) -> None:
    """A retry of a delivery is scheduled under the same job id while the job runs."""
    await leases.take(JOB, "a", due)
    await redis.zadd(QUEUE, {JOB: due + 60_000})
    assert await leases.finish(JOB, "a", due) is True
    assert await redis.zscore(QUEUE, JOB) == due + 60_000
    assert await redis.exists(f"arq:job:{JOB}") == 1
