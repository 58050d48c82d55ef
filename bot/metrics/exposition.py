"""The metrics in Prometheus' text format: counters, histograms and the backlog."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bot.metrics.recorder import (
    ACCEPTED,
    ARRIVAL,
    ATTEMPT,
    BUCKETS,
    DELIVERIES,
    DUPLICATE,
    NOTICES,
    REJECTED,
)
from bot.store import Store
from bot.store.backlog import Backlog
from bot.store.counters import Labels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats"""

_COUNTERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (ACCEPTED, "Events accepted, by type; types without a handler count as other.", ("type",)),
    (DUPLICATE, "Events that had been accepted before.", ()),
    (REJECTED, "Requests that were refused, by reason.", ("reason",)),
    (DELIVERIES, "Attempts, by channel and outcome.", ("channel", "outcome")),
    (NOTICES, "Attempts at notices to operators, likewise.", ("channel", "outcome")),
)
_HISTOGRAMS = (
    (ATTEMPT, "Seconds that one call to Slack or the mail server took."),
    (ARRIVAL, "Seconds from an event's receipt until its message was sent."),
)

Totals = Mapping[str, Mapping[Labels, float]]


async def exposition(store: Store, now: datetime) -> bytes:
    """Return the metrics of all processes together.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    page = _Page(await store.counters.totals(), await store.backlog(now))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(page)
    return generate_latest(registry)


class _Page(Collector):
    def __init__(self, totals: Totals, backlog: Backlog) -> None:
        self._totals = totals
        self._backlog = backlog

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        for name, meaning, labels in _COUNTERS:
            yield _counter(name, meaning, labels, self._totals.get(name, {}))
        for name, meaning in _HISTOGRAMS:
            sums = self._totals.get(f"{name}_sum", {})
            yield _histogram(name, meaning, self._totals.get(name, {}), sums)
        yield from _gauges(self._backlog)


def _counter(
    name: str, meaning: str, labels: tuple[str, ...], found: Mapping[Labels, float]
) -> Metric:
    family = CounterMetricFamily(f"juicebox_{name}", meaning, labels=labels)
    if not labels:
        family.add_metric((), found.get((), 0))
        return family
    for key, value in sorted(found.items()):
        given = dict(key)
        if given.keys() == set(labels):
            family.add_metric([given[label] for label in labels], value)
    return family


def _histogram(
    name: str, meaning: str, found: Mapping[Labels, float], sums: Mapping[Labels, float]
) -> Metric:
    """Return a histogram; buckets are stored one by one, and Prometheus expects cumulative ones."""
    family = HistogramMetricFamily(f"juicebox_{name}", meaning, labels=("channel",))
    for key, total in sorted(sums.items()):
        bounds = [*(f"{bound:g}" for bound in BUCKETS), "+Inf"]
        counts = [found.get((*key, ("le", bound)), 0) for bound in bounds]
        cumulated = list(zip(bounds, accumulate(counts), strict=True))
        family.add_metric([dict(key).get("channel", "")], cumulated, total)
    return family


def _gauges(backlog: Backlog) -> Iterable[Metric]:
    for name, meaning, value in (
        ("queue_due", "Jobs that could run now.", backlog.due),
        ("queue_deferred", "Jobs that are deferred.", backlog.later),
        ("queue_oldest_seconds", "How long the oldest job is overdue.", backlog.oldest_seconds),
        ("dead_letters", "Events and deliveries that are not retried automatically.", backlog.dead),
        ("worker_alive", "1 if a worker's heartbeat is fresh.", backlog.worker_alive),
    ):
        yield GaugeMetricFamily(f"juicebox_{name}", meaning, value=float(value))
