"""Waiting for jobs: a worker is woken by a job, and by nothing else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.store import Store
from bot.store.commit import End
from bot.store.queue import WAKE
from tests.factories import seconds
from tests.polling import until
from tests.store.taken import JOB, accept_many, queued, started, take
from tests.stored_events import accept


@pytest.fixture
async def waiting(store: Store) -> AsyncIterator[Store]:
    yield store
    await store.queue.close()


async def test_a_waiting_worker_is_woken_by_an_event(waiting: Store, redis: Redis) -> None:
    wait = asyncio.create_task(waiting.queue.wait(seconds(60)))
    await until(lambda: _waiting_clients(redis, 1))
    await accept(waiting)
    assert await wait is True


async def test_an_event_that_came_just_before_the_wait_ends_it(waiting: Store) -> None:
    await accept(waiting)
    await accept(waiting, "evt_2")
    assert await waiting.queue.wait(seconds(60)) is True
    assert await waiting.queue.wait(seconds(1)) is False, "one call for both"


async def test_jobs_that_do_not_fit_into_a_batch_wake_another_worker(
    store: Store, redis: Redis
) -> None:
    await accept_many(store, redis, 1, 2)
    await redis.delete(WAKE)
    await take(store, 2)
    assert await redis.llen(WAKE) == 0
    await accept_many(store, redis, 3, 4)
    await redis.delete(WAKE)
    await take(store, 1)
    assert await redis.llen(WAKE) == 1


async def test_a_worker_that_stops_wakes_another_one_for_due_jobs(
    store: Store, redis: Redis
) -> None:
    await store.queue.wake_another()
    assert await redis.llen(WAKE) == 0
    await accept(store)
    await redis.delete(WAKE)
    await store.queue.wake_another()
    assert await redis.llen(WAKE) == 1
    assert await queued(redis) == {str(JOB)}


async def test_a_job_that_becomes_the_first_one_wakes_a_worker_before_it_is_due(
    store: Store, redis: Redis
) -> None:
    """A waiting worker may wait for longer than that."""
    await accept(store)
    run = await started(store)
    await redis.delete(WAKE)
    await store.commits.end(run, End(timedelta(hours=1)))
    assert await redis.llen(WAKE) == 1


async def test_a_job_that_is_due_later_than_another_one_wakes_no_worker(
    store: Store, redis: Redis
) -> None:
    await accept_many(store, redis, 1, 2)
    run = (await take(store, 1)).jobs[0].run
    await redis.delete(WAKE)
    await store.commits.end(run, End(timedelta(hours=1)))
    assert await redis.llen(WAKE) == 0


async def _waiting_clients(redis: Redis, count: int) -> bool:
    return (await redis.info("clients"))["blocked_clients"] == count
