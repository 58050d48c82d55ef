"""Another arq application on the same Redis: each runs only its own jobs."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from arq.connections import ArqRedis
from arq.constants import default_queue_name
from arq.worker import Worker, func
from redis.asyncio import Redis

from bot.model import to_ms
from bot.store import Store, keys
from bot.store.queue import JOB_KEY, JOB_KEYS, JOBS, QUEUE
from bot.store.stored_event import EVENT, TRAIL
from tests.app import envelope
from tests.faults.deployment import Deployment
from tests.faults.tally import Tally
from tests.polling import until
from tests.run_jobs import event_job
from tests.stored_events import read

COUNT = 100


@asynccontextmanager
async def other_application(redis: Redis) -> AsyncIterator[list[int]]:
    """Run an arq worker on arq's default queue, as in arq's documentation; yield the jobs that it ran."""
    ran: list[int] = []

    async def send_invoice(_: dict[Any, Any], number: int) -> None:
        ran.append(number)

    pool = ArqRedis(redis.connection_pool)
    worker = Worker(
        [func(send_invoice, name="send_invoice")],
        redis_pool=pool,
        handle_signals=False,
        poll_delay=0.01,
        keep_result=0,
    )
    running = asyncio.create_task(worker.async_run())
    try:
        yield ran
    finally:
        while not running.done():  # redis-py can swallow a cancellation, and the worker continues
            running.cancel()
            await asyncio.wait({running}, timeout=1)


@pytest.mark.case(25)
async def test_two_arq_applications_share_a_redis(deployment: Deployment, tally: Tally) -> None:
    redis = deployment.store.redis
    events = [f"evt_{number}" for number in range(COUNT)]
    pool = ArqRedis(redis.connection_pool)
    async with other_application(redis) as ran, deployment.web() as web, deployment.worker():
        for number, event_id in enumerate(events):
            await pool.enqueue_job("send_invoice", number)
            assert (await web.receive(envelope(event_id))).status_code == 200

        async def all_ran() -> bool:
            return len(ran) == COUNT

        await until(all_ran)
        await deployment.settled(events)
    assert sorted(ran) == list(range(COUNT))
    await tally.audit(deployment, events)


@pytest.mark.case(25)
async def test_events_whose_jobs_are_gone_are_handled_within_a_minute(
    deployment: Deployment, tally: Tally
) -> None:
    """The first reconciliation is due at once; later ones at an interval, which this test does not wait for."""
    store, redis = deployment.store, deployment.store.redis
    events = [f"evt_{number}" for number in range(COUNT)]
    async with deployment.web() as web:
        for event_id in events:
            assert (await web.receive(envelope(event_id))).status_code == 200
    lost = [str(event_job(event_id)) for event_id in events]
    await redis.delete(QUEUE, *(JOB_KEY + job_id for job_id in lost))
    assert await redis.exists(keys.RECONCILED) == 0
    async with deployment.worker() as worker:
        await deployment.settled(events)
        assert "lost jobs enqueued again" in worker.log()
    assert await store.redis.zcard(JOBS) == 1
    await tally.audit(deployment, events)


async def bring_into_old_form(store: Store, event_id: str) -> None:
    """Rewrite an accepted event as release 0.3.0 stores it."""
    key, stored = keys.event(event_id), await read(store, event_id)
    step = {"at": to_ms(stored.received_at), "what": "received", "delivery": "", "detail": ""}
    await store.redis.rpush(f"juicebox:trail:{event_id}", json.dumps(step))
    await store.redis.hdel(key, EVENT, TRAIL)
    values = {
        "type": stored.event.type,
        "timestamp": to_ms(stored.event.timestamp),
        "received_at": to_ms(stored.received_at),
        "state": "accepted",
    }
    await store.redis.hset(key, mapping=values)


@pytest.mark.case(25)
async def test_unfinished_jobs_of_release_0_3_0_are_handled(
    deployment: Deployment, tally: Tally
) -> None:
    """Jobs in arq's default queue, and accepted events whose jobs another application took.

    Its events have the form of that release.
    """
    redis = deployment.store.redis
    events = [f"evt_{number}" for number in range(COUNT)]
    async with deployment.web() as web:
        for event_id in events:
            assert (await web.receive(envelope(event_id))).status_code == 200
            await bring_into_old_form(deployment.store, event_id)
    waiting = {f"handle_event:{event_id}": 1 for event_id in events[::2]}
    foreign = json.dumps({"t": None, "f": "send_invoice", "a": [1], "k": {}, "et": 0})
    await redis.set(JOB_KEY + "invoice_1", foreign)
    await redis.zadd(default_queue_name, {**waiting, "invoice_1": 1})
    await redis.delete(*JOB_KEYS, *(JOB_KEY + str(event_job(event_id)) for event_id in events))
    async with deployment.worker():
        await deployment.settled(events)
    assert await redis.zrange(default_queue_name, 0, -1) == [b"invoice_1"]
    await tally.audit(deployment, events)
