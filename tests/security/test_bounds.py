"""Limits of what is stored, for many events and for many retries."""

from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.metrics.exposition import exposition
from bot.metrics.recorder import Metrics
from bot.model import DeadLetter, DeliveryState, Transport
from bot.registry import load_registry
from bot.store import Store, keys
from bot.store.counters import Counters
from bot.store.queue import QUEUE
from tests.app import Bot, envelope, signed
from tests.factories import NOW, body_of, make_delivery, make_event, seconds

DAY = timedelta(days=1)
MAX_STEPS = 500
RETRIES = 400


async def test_logs_contain_only_the_retention_period(store: Store, redis: Redis) -> None:
    """After one event per day for 100 days, each log has 31 entries."""
    for day in range(100):
        at = NOW + day * DAY
        event = make_event(f"evt_{day}", timestamp=at)
        await store.events.accept(event, body_of(event), at)
        await store.events.dead_letter(event.id, "its data did not fit", at)
    for name in (keys.LOG, keys.log_of("search.completed"), keys.DEAD):
        assert await redis.zcard(name) == 31


async def test_unused_event_types_are_removed(store: Store, redis: Redis) -> None:
    for number in range(1_000):
        event = make_event(f"evt_{number}", f"unknown.type.{number}")
        await store.events.accept(event, body_of(event), NOW)
    assert await redis.zcard(keys.TYPES) == 1_000
    later = NOW + 31 * DAY
    event = make_event("evt_later", timestamp=later)
    await store.events.accept(event, body_of(event), later)
    assert await redis.zrange(keys.TYPES, 0, -1) == [b"search.completed"]
    assert await redis.pttl(keys.log_of("unknown.type.7")) > 0


async def test_a_timeline_keeps_its_first_and_last_steps_after_many_retries_by_hand(
    store: Store, redis: Redis
) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    for number in range(RETRIES):
        await store.events.dead_letter("evt_1", f"failure {number}", NOW)
        await store.events.requeue("evt_1", NOW)
        await redis.hdel(keys.event("evt_1"), "last_move")
    steps = await store.events.trail("evt_1")
    assert len(steps) == MAX_STEPS
    assert [s.what for s in steps[:3]] == ["received", "dead letter", "retried by hand"]
    assert [s.what for s in steps[48:53]] == [
        *("retried by hand", "dead letter", "steps left out"),
        *("retried by hand", "dead letter"),
    ]
    assert (steps[-2].what, steps[-2].detail) == ("dead letter", f"failure {RETRIES - 1}")
    assert await redis.zcard(QUEUE) == 2


async def test_unreadable_steps_do_not_stop_a_transition(store: Store, redis: Redis) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    await redis.rpush(keys.trail("evt_1"), *(["not a step"] * (MAX_STEPS - 1)))
    assert await store.events.dead_letter("evt_1", "failure", NOW) is True
    assert await store.dead_letters(NOW) == [DeadLetter.event("evt_1")]
    assert await redis.zcard(QUEUE) == 2


async def test_the_timeline_is_limited_when_a_delivery_is_retried_by_hand(
    store: Store,
) -> None:
    event, delivery = make_event(), make_delivery()
    await store.events.accept(event, body_of(event), NOW)
    await store.ledger.open("evt_1", [delivery], NOW)
    owner = "handle_event:evt_1"
    for number in range(RETRIES):
        token = f"t{number}"
        claimed = await store.ledger.claim(delivery, owner, token, NOW)
        assert claimed is not None
        assert await store.ledger.fail(
            claimed, token, "gone", maybe_delivered=False, report=False, now=NOW + seconds(1)
        )
        assert await store.ledger.requeue(delivery, NOW + seconds(2))
        owner = f"retry_delivery:{delivery.id}"
    assert len(await store.events.trail("evt_1")) == MAX_STEPS
    [kept] = await store.ledger.of_event("evt_1")
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
        assert (await bot.receive(body)).status_code == 200
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
        event = make_event(f"evt_{number}", timestamp=NOW + number * DAY)
        await store.events.accept(event, body_of(event), NOW + number * DAY)
    assert await redis.zcard(keys.RETENTIONS) == 1
