"""A running job's lease: valid while it is renewed, and checked before what cannot be undone."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.errors import LeaseLost
from bot.fakes.redis_server import redis_server
from bot.store import Store
from bot.store.connection import connect
from bot.store.leases import Leases
from bot.store.queue import LEASE_KEY, QUEUE
from bot.store.retry import retry_while_unavailable
from bot.worker.lease import Lease
from bot.worker.timings import WorkerTimings
from tests.factories import NOW, body_of, make_event
from tests.polling import HANG_TIMEOUT, until
from tests.queue_times import is_due_in

JOB = "handle_event:evt_1"
IN_PROGRESS = LEASE_KEY + JOB
QUICK_RENEWALS = WorkerTimings(renewal_interval=timedelta(milliseconds=10))


@pytest.fixture
def leases(redis: Redis) -> Leases:
    return Leases(redis, 15_000)


@pytest.fixture
async def lease(job: tuple[str, float], leases: Leases) -> Lease:
    return Lease(leases, *job)


@pytest.fixture
async def job(store: Store, leases: Leases) -> tuple[str, float]:
    """The id and due_ms of the only due job."""
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    [job] = (await leases.due(1)).jobs
    return job


def test_the_lease_is_14_seconds() -> None:
    """So that a killed worker's jobs run on another worker within 16, also if that takes a moment."""
    assert WorkerTimings().lease_duration == timedelta(seconds=14)


async def test_it_is_not_valid_before_it_is_taken(lease: Lease) -> None:
    with pytest.raises(LeaseLost):
        lease.check_lease()


async def test_it_is_valid_once_taken(lease: Lease) -> None:
    assert await lease.take() is True
    lease.check_lease()


async def test_two_cannot_hold_it(lease: Lease, leases: Leases, job: tuple[str, float]) -> None:
    other = Lease(leases, *job)
    await lease.take()
    assert await other.take() is False
    with pytest.raises(LeaseLost):
        other.check_lease()


async def test_it_ends_a_second_before_redis_expires_it(
    leases: Leases, job: tuple[str, float]
) -> None:
    """A paused process notices by its own clock, without asking Redis."""
    passed = 0.0
    lease = Lease(leases, *job, monotonic=lambda: 100 + passed)
    await lease.take()
    passed = 12.9
    lease.check_lease()
    passed = 13.1
    with pytest.raises(LeaseLost):
        lease.check_lease()


async def test_a_finished_job_leaves_the_queue(lease: Lease, redis: Redis) -> None:
    await lease.take()
    lease.job_is_done()
    await lease.end()
    assert await redis.keys("arq:*") == []
    assert await redis.zcard(QUEUE) == 0


async def test_a_job_without_an_outcome_runs_again_at_once(lease: Lease, redis: Redis) -> None:
    await lease.take()
    await lease.end()
    assert await is_due_in(redis, JOB, timedelta())
    assert await redis.exists(IN_PROGRESS) == 0


async def test_a_job_that_runs_again_later_is_due_that_long_from_now(
    lease: Lease, redis: Redis
) -> None:
    await lease.take()
    lease.job_runs_again(timedelta(seconds=60))
    await lease.end()
    assert await is_due_in(redis, JOB, timedelta(seconds=60))


async def test_a_take_whose_reply_was_lost_is_released(lease: Lease, leases: Leases) -> None:
    """Redis was away for a moment: the job is free before the lease expires."""
    take = leases.take

    async def lose_the_answer(job_id: str, token: str, due_ms: int) -> bool:
        await take(job_id, token, due_ms)
        raise RedisError("gone")

    leases.take = lose_the_answer  # type: ignore[method-assign]
    with pytest.raises(RedisError):
        await lease.take()
    assert (await leases.due(1)).jobs == []
    await lease.end()
    assert len((await leases.due(1)).jobs) == 1


async def test_it_is_renewed_while_the_job_runs(
    leases: Leases, job: tuple[str, float], redis: Redis
) -> None:
    lease = Lease(leases, *job, QUICK_RENEWALS)
    await lease.take()
    await redis.pexpire(IN_PROGRESS, 5_000)
    async with lease.renewing(on_loss=pytest.fail):
        await until(lambda: _was_renewed(redis))


async def test_its_loss_is_noticed(leases: Leases, job: tuple[str, float], redis: Redis) -> None:
    lease = Lease(leases, *job, QUICK_RENEWALS)
    await lease.take()
    await redis.set(IN_PROGRESS, "another owner")
    lost = asyncio.Event()
    async with lease.renewing(on_loss=lost.set), asyncio.timeout(HANG_TIMEOUT):
        await lost.wait()
    with pytest.raises(LeaseLost):
        lease.check_lease()
    await lease.end()
    assert await redis.get(IN_PROGRESS) == b"another owner"


async def test_it_survives_a_short_outage_of_redis() -> None:
    """It lasts for an hour here, so that no machine is too slow for a short outage."""
    with redis_server("--appendonly", "yes", "--appendfsync", "always") as server:
        client = connect(server.url, timeout=timedelta(seconds=60))
        failed = asyncio.Event()

        class Watched(Leases):
            async def renew(self, job_id: str, token: str) -> bool:
                try:
                    return await super().renew(job_id, token)
                except RedisError:
                    failed.set()
                    raise

        timings = replace(QUICK_RENEWALS, lease_duration=timedelta(hours=1))
        lease = await _lease_of_queued_job(client, Watched(client, 3_600_000), timings)
        await lease.take()
        async with lease.renewing(on_loss=pytest.fail):
            server.stop()
            await failed.wait()
            server.start()
            assert await client.pexpire(IN_PROGRESS, 60_000)

            async def renewed() -> bool:
                return bool(await client.pttl(IN_PROGRESS) > 60_000)

            await until(renewed)
        lease.check_lease()
        await client.aclose()


async def test_it_is_lost_in_a_long_outage_of_redis() -> None:
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=1))
        timings = replace(QUICK_RENEWALS, lease_duration=timedelta(seconds=1.5))
        lease = await _lease_of_queued_job(client, Leases(client, 15_000), timings)
        await lease.take()
        lost = asyncio.Event()
        async with lease.renewing(on_loss=lost.set), asyncio.timeout(HANG_TIMEOUT):
            server.stop()
            await lost.wait()
        await lease.end()
        await client.aclose()


async def test_a_step_is_repeated_until_redis_is_available() -> None:
    calls = 0

    async def step() -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RedisError("away")
        return True

    assert await retry_while_unavailable(step, lambda: None) is True
    assert calls == 2


async def _lease_of_queued_job(redis: Redis, leases: Leases, timings: WorkerTimings) -> Lease:
    await redis.zadd(QUEUE, {JOB: 1})
    return Lease(leases, JOB, 1, timings)


async def _was_renewed(redis: Redis) -> bool:
    return bool(await redis.pttl(IN_PROGRESS) > 14_000)
