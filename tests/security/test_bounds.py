"""Limits of what is stored, for many events and for many retries."""

from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.delivery.requeue import requeue
from bot.metrics.exposition import exposition
from bot.metrics.recorder import Metrics
from bot.model import DeadLetter, DeliveryState, Transport
from bot.registry import load_registry
from bot.store import Store, keys
from bot.store.counters import Counters
from bot.store.queue import QUEUE
from tests.app import Bot, envelope, signed
from tests.factories import NOW, make_delivery, make_event
from tests.stored_events import accept, apply, dead_letter, fail, handle, read, read_delivery

DAY = timedelta(days=1)
MAX_TRAIL = 41_000
"""In bytes: see bot/store/scripts/lib/trail.lua and SECURITY.md."""
RETRIES = 800


async def test_logs_contain_only_the_retention_period(store: Store, redis: Redis) -> None:
    """After one event per day for 100 days, each log has 31 entries."""
    for day in range(100):
        at = NOW + day * DAY
        await accept(store, make_event(f"evt_{day}", timestamp=at), at)
        await dead_letter(store, f"evt_{day}", now=at)
    for name in (keys.LOG, keys.DEAD):
        assert await redis.zcard(name) == 31


async def test_the_counts_of_an_hour_are_kept_for_two_days(store: Store, redis: Redis) -> None:
    for hour in range(3):
        at = NOW + timedelta(hours=hour)
        await accept(store, make_event(f"evt_{hour}", "unknown.type", timestamp=at), at)
        assert 0 < await redis.pttl(keys.accepted_in(at)) <= 2 * 86_400_000
    assert len(await redis.keys("juicebox:accepted:*")) == 3


async def trail_size(redis: Redis) -> int:
    reply: Any = redis.hstrlen(keys.event("evt_1"), "trail")
    return int(await reply)


async def test_a_timeline_keeps_its_first_and_last_steps_after_many_retries_by_hand(
    store: Store, redis: Redis
) -> None:
    await accept(store)
    for number in range(RETRIES):
        await dead_letter(store, reason=f"failure {number}")
        assert await requeue(store, "evt_1", NOW) == ["evt_1: its handler runs again"]
    assert await trail_size(redis) <= MAX_TRAIL
    whats = [step.what for step in (await read(store)).trail]
    assert whats[:3] == ["received", "dead letter", "retried by hand"]
    assert whats.count("steps left out") == 1
    steps = (await read(store)).trail
    assert (steps[-2].what, steps[-2].detail) == ("dead letter", f"failure {RETRIES - 1}")
    assert len(steps) > 500
    assert await redis.zcard(QUEUE) == 2


async def test_unreadable_steps_do_not_stop_a_commit(store: Store, redis: Redis) -> None:
    await accept(store)
    for garbage in (b"not a step\n" * 5_000, b"\xff" * 50_000):
        await redis.hset(keys.event("evt_1"), "trail", garbage)  # type: ignore[misc]  # redis-py types it as sync, too
        await apply(store, lambda change: change.step("retried by hand"))
        assert await trail_size(redis) <= MAX_TRAIL
    await dead_letter(store)
    assert await store.dead_letters(NOW) == [DeadLetter("evt_1")]


async def test_the_timeline_is_limited_when_a_delivery_is_retried_by_hand(
    store: Store, redis: Redis
) -> None:
    delivery = make_delivery()
    await accept(store)
    await handle(store, delivery)
    for number in range(RETRIES):
        await fail(store, delivery, f"failure {number}")
        await requeue(store, delivery.id, NOW)
    assert await trail_size(redis) <= MAX_TRAIL
    kept = await read_delivery(store, delivery)
    assert (kept.state, kept.attempts) == (DeliveryState.RETRYING, 0)


async def test_10_000_unknown_types_are_one_line_of_the_metrics(store: Store) -> None:
    metrics = Metrics(store.counters, load_registry().types)
    for number in range(10_000):
        metrics.accepted(f"unknown.type.{number}")
    assert len(store.counters._pending) == 1
    await store.counters.flush()
    page = (await exposition(store, NOW)).decode()
    assert "unknown.type" not in page
    assert 'juicebox_events_accepted_total{type="other"} 10000.0' in page


async def test_the_input_of_a_sender_creates_no_counters(bot: Bot, redis: Redis) -> None:
    """Each request differs in its id, type, signature and path."""
    headers = {"content-type": "application/json"}
    for number in range(50):
        body = envelope(f"evt_{number}", f"unknown.type.{number}", anything=number)
        while (
            answer := await bot.receive(body)
        ).status_code == 503:  # Redis was slow: Juicebox repeats
            pass
        assert answer.status_code == 200
        wrong = {**headers, "x-juicebox-signature": f"sha256={number:064}"}
        await bot.client.post("/webhooks/juicebox", content=body, headers=wrong)
        bad = b'{"id": %d}' % number
        await bot.client.post("/webhooks/juicebox", content=bad, headers=signed(bad))
        await bot.client.get(f"/unknown/{number}")
    await bot.jobs.store.counters.flush()
    counters = Counters(redis)
    await counters.flush()
    page = (await bot.client.get("/metrics")).text
    assert "unknown.type" not in page
    assert len([line for line in page.splitlines() if "rejected_total{" in line]) <= 10


async def test_there_are_fewer_than_150_counters(store: Store, redis: Redis) -> None:
    """Count everything with every label."""
    metrics = Metrics(store.counters, ())
    for transport in Transport:
        for outcome in DeliveryState:
            metrics.count_outcome(transport, outcome)
        for tenth in range(500):
            metrics.observe_call(transport, tenth * 100)
            metrics.observe_latency(transport, tenth * 100)
    await store.counters.flush()
    assert int(await redis.hlen(keys.COUNTERS)) < 150


@pytest.mark.parametrize("days", [1, 30, 3_650])
async def test_one_entry_per_retention_period_is_kept(redis: Redis, days: int) -> None:
    store = Store(redis, retention=timedelta(days=days))
    for number in range(20):
        at = NOW + number * DAY
        await accept(store, make_event(f"evt_{number}", timestamp=at), at)
    assert await redis.zcard(keys.RETENTIONS) == 1
