"""The metrics, parsed by Prometheus' client library."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from bot.metrics.exposition import exposition
from bot.metrics.recorder import Metrics
from bot.model import Transport
from bot.store import Store
from bot.store.queue import HEARTBEAT, QUEUE
from tests.factories import NOW
from tests.queue_times import now_ms

TYPES = {"export.ready", "quota.warning"}


async def samples(store: Store) -> dict[str, float]:
    await store.counters.flush()
    page = (await exposition(store, NOW)).decode()
    return {
        name + "".join(f" {label}={value}" for label, value in labels.items()): number
        for family in parse(page)
        for name, labels, number, *_ in family.samples
    }


async def test_an_untouched_bot_shows_zeros(store: Store) -> None:
    assert await samples(store) == {
        "juicebox_events_duplicate_total": 0,
        "juicebox_queue_due": 0,
        "juicebox_queue_deferred": 0,
        "juicebox_queue_oldest_seconds": 0,
        "juicebox_dead_letters": 0,
        "juicebox_worker_alive": 0,
    }


async def test_counters_have_labels(store: Store) -> None:
    metrics = Metrics(store.counters, TYPES)
    metrics.accepted("export.ready")
    metrics.accepted("export.ready")
    metrics.duplicate()
    metrics.rejected("signature")
    metrics.count_outcome(Transport.SLACK, "sent")
    metrics.count_outcome(Transport.EMAIL, "retrying")
    metrics.count_notice(Transport.EMAIL, "sent")
    shown = await samples(store)
    assert shown["juicebox_events_accepted_total type=export.ready"] == 2
    assert shown["juicebox_events_duplicate_total"] == 1
    assert shown["juicebox_events_rejected_total reason=signature"] == 1
    assert shown["juicebox_deliveries_total channel=slack outcome=sent"] == 1
    assert shown["juicebox_deliveries_total channel=email outcome=retrying"] == 1
    assert "juicebox_deliveries_total channel=email outcome=sent" not in shown
    assert shown["juicebox_notices_total channel=email outcome=sent"] == 1


async def test_histograms_add_up(store: Store) -> None:
    metrics = Metrics(store.counters, TYPES)
    for seconds in (0.05, 0.2, 100_000, -1):
        metrics.observe_call(Transport.SLACK, seconds)
    metrics.observe_latency(Transport.EMAIL, 61)
    shown = await samples(store)
    assert shown["juicebox_attempt_seconds_bucket channel=slack le=0.05"] == 2
    assert shown["juicebox_attempt_seconds_bucket channel=slack le=0.1"] == 2
    assert shown["juicebox_attempt_seconds_bucket channel=slack le=0.25"] == 3
    assert shown["juicebox_attempt_seconds_bucket channel=slack le=43200"] == 3
    assert shown["juicebox_attempt_seconds_bucket channel=slack le=+Inf"] == 4
    assert shown["juicebox_attempt_seconds_count channel=slack"] == 4
    assert shown["juicebox_attempt_seconds_sum channel=slack"] == 100_000.25
    assert shown["juicebox_delivery_seconds_bucket channel=email le=60"] == 0
    assert shown["juicebox_delivery_seconds_bucket channel=email le=300"] == 1


async def test_counts_of_all_processes_add_up(store: Store) -> None:
    other = Store(store.redis, retention=timedelta(days=30))
    Metrics(other.counters, TYPES).duplicate()
    await other.counters.flush()
    Metrics(store.counters, TYPES).duplicate()
    assert (await samples(store))["juicebox_events_duplicate_total"] == 2


async def test_the_queue_is_shown(store: Store) -> None:
    now = await now_ms(store.redis)
    await store.redis.zadd(
        QUEUE, {"handle_event:evt_1": now - 7_000, "retry_delivery:dlv_1": now + 3_600_000}
    )
    await store.redis.set(HEARTBEAT, "fresh")
    shown = await samples(store)
    assert shown["juicebox_queue_due"] == 1
    assert shown["juicebox_queue_deferred"] == 1
    assert shown["juicebox_queue_oldest_seconds"] == pytest.approx(7, abs=2)
    assert shown["juicebox_worker_alive"] == 1


async def test_a_series_with_unknown_labels_is_left_out(store: Store) -> None:
    store.counters.add("events_accepted", colour="red")
    assert not [name for name in await samples(store) if "accepted" in name]
