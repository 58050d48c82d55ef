"""A running job's lease: good for as long as it is renewed, and checked before what counts."""

import asyncio
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
from bot.worker import lease as lease_module
from bot.worker.lease import LEASE, Lease, retry_while_unavailable
from tests.factories import NOW, body_of, make_event
from tests.polling import HANG_TIMEOUT, until
from tests.queue_times import is_due_in

JOB = "handle_event:evt_1"
IN_PROGRESS = LEASE_KEY + JOB


@pytest.fixture
def leases(redis: Redis) -> Leases:
    return Leases(redis, 15_000)


@pytest.fixture
async def lease(store: Store, leases: Leases) -> Lease:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    return await of_the_job(leases)


async def of_the_job(leases: Leases) -> Lease:
    """A lease of the one job that is due."""
    [(job_id, due_ms)] = (await leases.due(1)).jobs
    return Lease(leases, job_id, due_ms)


def test_the_lease_is_15_seconds() -> None:
    """So that a killed worker's jobs run elsewhere within 16."""
    assert timedelta(seconds=15) == LEASE


async def test_before_it_is_taken_nothing_may_be_done(lease: Lease) -> None:
    with pytest.raises(LeaseLost):
        lease.check_lease()


async def test_a_taken_lease_is_good(lease: Lease) -> None:
    assert await lease.take() is True
    lease.check_lease()


async def test_two_cannot_hold_it(lease: Lease, leases: Leases) -> None:
    other = await of_the_job(leases)
    await lease.take()
    assert await other.take() is False
    with pytest.raises(LeaseLost):
        other.check_lease()


async def test_it_is_over_a_second_before_redis_lets_go(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paused process finds out by its own clock, without asking anyone."""
    await lease.take()
    now = lease_module.time.monotonic()
    monkeypatch.setattr(lease_module.time, "monotonic", lambda: now + 14.1)
    with pytest.raises(LeaseLost):
        lease.check_lease()


async def test_a_finished_job_leaves_the_queue(lease: Lease, redis: Redis) -> None:
    await lease.take()
    lease.job_is_done()
    await lease.end()
    assert await redis.keys("arq:*") == []
    assert await redis.zcard(QUEUE) == 0


async def test_a_job_about_which_nothing_was_said_runs_again_at_once(
    lease: Lease, redis: Redis
) -> None:
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


async def test_a_take_without_an_answer_is_given_back(lease: Lease, leases: Leases) -> None:
    """Redis went in the middle of it, and is back: the job is free before the lease runs out."""
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
    lease: Lease, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "_RENEW_EVERY", timedelta(milliseconds=10))
    await lease.take()
    await redis.pexpire(IN_PROGRESS, 5_000)
    async with lease.renewing(on_loss=pytest.fail):
        await until(lambda: _long(redis))


async def test_a_lease_that_was_lost_is_noticed(
    lease: Lease, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "_RENEW_EVERY", timedelta(milliseconds=10))
    await lease.take()
    await redis.set(IN_PROGRESS, "another owner")
    lost = asyncio.Event()
    async with lease.renewing(on_loss=lost.set), asyncio.timeout(HANG_TIMEOUT):
        await lost.wait()
    with pytest.raises(LeaseLost):
        lease.check_lease()
    await lease.end()
    assert await redis.get(IN_PROGRESS) == b"another owner"


async def test_a_short_absence_of_redis_loses_no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lasts for an hour here, so that no machine is too slow for a short absence."""
    monkeypatch.setattr(lease_module, "_RENEW_EVERY", timedelta(milliseconds=10))
    monkeypatch.setattr(lease_module, "LEASE", timedelta(hours=1))
    with redis_server("--appendonly", "yes", "--appendfsync", "always") as server:
        client = connect(server.url, timeout=timedelta(seconds=60))
        lease = await _in_queue(client, lease_ms=3_600_000)
        failed = asyncio.Event()
        renew = lease._leases.renew

        async def renew_and_tell(job_id: str, token: str) -> bool:
            try:
                return await renew(job_id, token)
            except RedisError:
                failed.set()
                raise

        lease._leases.renew = renew_and_tell  # type: ignore[method-assign]
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


async def test_a_long_absence_of_redis_loses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "_RENEW_EVERY", timedelta(milliseconds=10))
    monkeypatch.setattr(lease_module, "LEASE", timedelta(seconds=1.5))
    with redis_server() as server:
        client = connect(server.url, timeout=timedelta(seconds=1))
        lease = await _in_queue(client)
        await lease.take()
        lost = asyncio.Event()
        async with lease.renewing(on_loss=lost.set), asyncio.timeout(HANG_TIMEOUT):
            server.stop()
            await lost.wait()
        await lease.end()
        await client.aclose()


async def test_patience_repeats_a_step_until_redis_takes_it() -> None:
    tries = 0

    async def step() -> bool:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RedisError("away")
        return True

    assert await retry_while_unavailable(step, lambda: None) is True
    assert tries == 2


async def _in_queue(redis: Redis, lease_ms: int = 15_000) -> Lease:
    await redis.zadd(QUEUE, {JOB: 1})
    return Lease(Leases(redis, lease_ms), JOB, 1)


async def _long(redis: Redis) -> bool:
    return bool(await redis.pttl(IN_PROGRESS) > 14_000)
