"""What is kept has a limit, however much comes in and however often somebody tries again."""

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
MOST_STEPS = 500
RETRIES = 400


async def test_every_log_is_as_long_as_the_retention_and_no_longer(
    store: Store, redis: Redis
) -> None:
    """An event each day for 100 days: of each log, 31 are left."""
    for day in range(100):
        at = NOW + day * DAY
        event = make_event(f"evt_{day}", timestamp=at)
        await store.events.accept(event, body_of(event), at)
        await store.events.dead_letter(event.id, "its data did not fit", at)
    for name in (keys.LOG, keys.log_of("search.completed"), keys.DEAD):
        assert await redis.zcard(name) == 31


async def test_types_that_nobody_sends_any_more_are_let_go(store: Store, redis: Redis) -> None:
    for number in range(1_000):
        event = make_event(f"evt_{number}", f"made.up.{number}")
        await store.events.accept(event, body_of(event), NOW)
    assert await redis.zcard(keys.TYPES) == 1_000
    later = NOW + 31 * DAY
    event = make_event("evt_later", timestamp=later)
    await store.events.accept(event, body_of(event), later)
    assert await redis.zrange(keys.TYPES, 0, -1) == [b"search.completed"]
    assert await redis.pttl(keys.log_of("made.up.7")) > 0


async def test_a_trail_keeps_its_begin_and_its_end_however_often_an_event_is_retried_by_hand(
    store: Store, redis: Redis
) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    for number in range(RETRIES):
        await store.events.dead_letter("evt_1", f"failure {number}", NOW)
        await store.events.requeue("evt_1", NOW)
        await redis.hdel(keys.event("evt_1"), "last_move")
    steps = await store.events.trail("evt_1")
    assert len(steps) == MOST_STEPS
    assert [s.what for s in steps[:3]] == ["received", "dead letter", "retried by hand"]
    assert [s.what for s in steps[48:53]] == [
        *("retried by hand", "dead letter", "steps left out"),
        *("retried by hand", "dead letter"),
    ]
    assert (steps[-2].what, steps[-2].detail) == ("dead letter", f"failure {RETRIES - 1}")
    assert await redis.zcard(QUEUE) == 2


async def test_a_step_that_redis_garbled_stops_nothing(store: Store, redis: Redis) -> None:
    event = make_event()
    await store.events.accept(event, body_of(event), NOW)
    await redis.rpush(keys.trail("evt_1"), *(["not a step"] * (MOST_STEPS - 1)))
    assert await store.events.dead_letter("evt_1", "failure", NOW) is True
    assert await store.dead_letters(NOW) == [DeadLetter.event("evt_1")]
    assert await redis.zcard(QUEUE) == 2


async def test_a_delivery_fits_in_the_trail_however_often_it_is_retried_by_hand(
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
    assert len(await store.events.trail("evt_1")) == MOST_STEPS
    [kept] = await store.ledger.of_event("evt_1")
    assert (kept.state, kept.attempts) == (DeliveryState.RETRYING, 0)


async def test_10_000_made_up_types_are_one_line_of_the_metrics(store: Store) -> None:
    metrics = Metrics(store.counters, load_registry().types)
    for number in range(10_000):
        metrics.accepted(f"made.up.{number}")
    assert len(store.counters._pending) == 1
    await store.counters.flush()
    page = (await exposition(store, NOW)).decode()
    assert "made.up" not in page
    assert 'juicebox_events_accepted_total{type="other"} 10000.0' in page


async def test_what_a_sender_writes_makes_no_counter_of_its_own(bot: Bot, redis: Redis) -> None:
    """Each request is refused or unknown in a way of its own."""
    headers = {"content-type": "application/json"}
    for number in range(50):
        body = envelope(f"evt_{number}", f"made.up.{number}", anything=number)
        assert (await bot.receive(body)).status_code == 200
        wrong = {**headers, "x-juicebox-signature": f"sha256={number:064}"}
        await bot.client.post("/webhooks/juicebox", content=body, headers=wrong)
        bad = b'{"id": %d}' % number
        await bot.client.post("/webhooks/juicebox", content=bad, headers=signed(bad))
        await bot.client.get(f"/made/up/{number}")
    await bot.jobs.store.counters.flush()
    counters = Counters(redis)
    await counters.flush()
    page = (await bot.client.get("/metrics")).text
    assert "made.up" not in page
    assert len([line for line in page.splitlines() if "rejected_total{" in line]) <= 10


async def test_the_kinds_of_counters_are_few(store: Store, redis: Redis) -> None:
    """Everything that is counted, with every label that it can have."""
    metrics = Metrics(store.counters, ())
    for channel in Transport:
        for outcome in DeliveryState:
            metrics.delivery(channel, outcome)
        for tenth in range(500):
            metrics.attempt(channel, tenth * 100)
            metrics.arrived(channel, tenth * 100)
    await store.counters.flush()
    assert int(await redis.hlen(keys.COUNTERS)) < 150


@pytest.mark.parametrize("days", [1, 30, 3_650])
async def test_of_every_retention_there_ever_was_one_number_is_kept(
    redis: Redis, days: int
) -> None:
    store = Store(redis, retention=timedelta(days=days))
    for number in range(20):
        event = make_event(f"evt_{number}", timestamp=NOW + number * DAY)
        await store.events.accept(event, body_of(event), NOW + number * DAY)
    assert await redis.zcard(keys.RETENTIONS) == 1
