"""The end of a job whose queue was deleted while it ran: jobs that it scheduled are restored."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.store import Store
from bot.store.leases import Leases
from bot.store.queue import QUEUE
from tests.factories import NOW, body_of, make_delivery, make_event
from tests.polling import until
from tests.queue_times import due_in, is_due_in

JOB = "handle_event:evt_1"
HOUR = timedelta(hours=1)
DELIVERY = make_delivery()
RETRY = f"retry_delivery:{DELIVERY.id}"


@pytest.fixture
async def leases(store: Store, redis: Redis) -> Leases:
    """Accept an event, with a complete index of unfinished jobs, and return the leases."""
    await store.reconciliation.run(NOW)
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    return Leases(redis, 15_000)


async def retry_later(store: Store, owner: str, token: str, delay: timedelta) -> None:
    assert await store.ledger.claim(DELIVERY, owner, token, NOW) is not None
    assert await store.ledger.retry_later(
        DELIVERY,
        token,
        "timeout",
        due=NOW + delay,
        uses_attempt=True,
        maybe_delivered=False,
        now=NOW,
    )


async def start(leases: Leases, job_id: str) -> float:
    """Take a due job with the token "a", and return its due_ms."""
    due_ms = dict((await leases.due(10)).jobs)[job_id]
    assert await leases.take(job_id, "a", due_ms)
    return due_ms


async def test_a_retry_scheduled_under_the_same_job_id_is_restored(
    store: Store, redis: Redis, leases: Leases
) -> None:
    await store.ledger.open("evt_1", [DELIVERY], NOW)
    await retry_later(store, JOB, "t1", timedelta())
    assert await leases.finish(JOB, "a", await start(leases, JOB)) is True
    started = await start(leases, RETRY)
    await retry_later(store, RETRY, "t2", HOUR)
    await redis.delete(QUEUE)
    assert await leases.finish(RETRY, "a", started) is True
    assert await store.reconciliation.run(NOW) == [RETRY]
    assert await is_due_in(redis, RETRY, HOUR)


async def test_a_job_that_was_put_back_is_restored_with_its_due_time(
    store: Store, redis: Redis, leases: Leases
) -> None:
    await leases.finish(JOB, "a", await start(leases, JOB), HOUR)
    await redis.delete(QUEUE)
    assert await store.reconciliation.run(NOW) == [JOB]
    assert await is_due_in(redis, JOB, HOUR)


async def test_a_job_that_was_put_back_and_is_done_stays_done(
    store: Store, redis: Redis, leases: Leases
) -> None:
    await leases.finish(JOB, "a", await start(leases, JOB), timedelta(milliseconds=1))

    async def is_due() -> bool:
        return await due_in(redis, JOB) <= timedelta()

    await until(is_due)
    [(_, due_ms)] = (await leases.due(1)).jobs
    assert await leases.take(JOB, "b", due_ms)
    await redis.delete(QUEUE)
    assert await leases.finish(JOB, "b", due_ms) is True
    assert await store.reconciliation.run(NOW) == []
