"""Leases: one owner for a running job, and an end that only the owner can bring about."""

import pytest
from redis.asyncio import Redis

from bot.queue import QUEUE
from bot.store import Store
from bot.store.leases import Leases
from tests.making import NOW, body_of, make_event

JOB = "handle_event:evt_1"
IN_PROGRESS = f"arq:in-progress:{JOB}"
DUE = int(NOW.timestamp() * 1000)


@pytest.fixture
async def leases(store: Store, redis: Redis) -> Leases:
    """A job in the queue, which arq has just marked as its own."""
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    await redis.psetex(IN_PROGRESS, 15_000, b"1")
    return Leases(redis, 15_000)


async def test_what_arq_has_marked_is_ours_to_take(leases: Leases, redis: Redis) -> None:
    assert await leases.take(JOB, "a") is True
    assert await redis.get(IN_PROGRESS) == b"a"
    assert 0 < await redis.pttl(IN_PROGRESS) <= 15_000


async def test_taking_again_after_a_lost_reply_is_harmless(leases: Leases) -> None:
    assert await leases.take(JOB, "a") is True
    assert await leases.take(JOB, "a") is True


async def test_another_owner_is_turned_away(leases: Leases) -> None:
    await leases.take(JOB, "a")
    assert await leases.take(JOB, "b") is False
    assert await leases.renew(JOB, "b") is False
    assert await leases.finish(JOB, "b", DUE) is False
    assert await leases.put_back(JOB, "b", DUE, 0) is False


async def test_a_lease_that_ran_out_can_be_taken_but_not_renewed(
    leases: Leases, redis: Redis
) -> None:
    await leases.take(JOB, "a")
    await redis.delete(IN_PROGRESS)
    assert await leases.renew(JOB, "a") is False
    assert await leases.take(JOB, "b") is True


async def test_renewing_makes_the_lease_last(leases: Leases, redis: Redis) -> None:
    await leases.take(JOB, "a")
    await redis.pexpire(IN_PROGRESS, 100)
    assert await leases.renew(JOB, "a") is True
    assert await redis.pttl(IN_PROGRESS) > 14_000


async def test_a_finished_job_leaves_nothing_behind(leases: Leases, redis: Redis) -> None:
    await leases.take(JOB, "a")
    await redis.set(f"arq:retry:{JOB}", 1)
    assert await leases.finish(JOB, "a", DUE) is True
    assert await redis.keys("arq:*") == []


async def test_a_job_that_was_put_back_is_due_again(leases: Leases, redis: Redis) -> None:
    await leases.take(JOB, "a")
    assert await leases.put_back(JOB, "a", DUE, 0) is True
    assert await redis.zscore(QUEUE, JOB) == DUE
    assert await redis.exists(IN_PROGRESS, f"arq:job:{JOB}") == 1


async def test_a_job_may_be_put_back_for_later(leases: Leases, redis: Redis) -> None:
    await leases.take(JOB, "a")
    await leases.put_back(JOB, "a", DUE, 1_500)
    assert await redis.zscore(QUEUE, JOB) == DUE + 1_500


async def test_a_job_that_was_scheduled_anew_meanwhile_stays(leases: Leases, redis: Redis) -> None:
    """A retry of a delivery writes the next job under the same id while this one still runs."""
    await leases.take(JOB, "a")
    await redis.zadd(QUEUE, {JOB: DUE + 60_000})
    assert await leases.finish(JOB, "a", DUE) is True
    assert await redis.zscore(QUEUE, JOB) == DUE + 60_000
    assert await redis.exists(f"arq:job:{JOB}") == 1
