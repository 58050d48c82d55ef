"""The metrics in Prometheus' text format: counters, histograms and the backlog."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from prometheus_client import generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from bot.metrics import recorder
from bot.store import Backlog, Store
from bot.store.counters import Labels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats"""

_COUNTERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (recorder.ACCEPTED, "Events accepted, by type; those without a handler as other.", ("type",)),
    (recorder.DUPLICATE, "Events that had been accepted before.", ()),
    (recorder.REJECTED, "Requests that were refused, by reason.", ("reason",)),
    (recorder.DELIVERIES, "Attempts, by channel and outcome.", ("channel", "outcome")),
    (
        recorder.NOTICES,
        "Attempts to deliver a notice to operators, by channel and outcome.",
        ("channel", "outcome"),
    ),
)
_HISTOGRAMS = (
    (recorder.ATTEMPT, "Seconds that one call to Slack or the mail server took."),
    (recorder.ARRIVAL, "Seconds from an event's arrival until its message was sent."),
)


async def exposition(store: Store, now: datetime) -> bytes:
    """Return the metrics of all processes together.

    Raises:
        redis.RedisError: if Redis does not answer.
    """
    return generate_latest(_Page(await store.counters.totals(), await store.backlog(now)))


@dataclass(frozen=True, slots=True)
class _Page:
    totals: Mapping[str, Mapping[Labels, float]]
    backlog: Backlog

    def collect(self) -> Iterable[Metric]:
        for name, meaning, labels in _COUNTERS:
            yield _counter(name, meaning, labels, self.totals.get(name, {}))
        for name, meaning in _HISTOGRAMS:
            sums = self.totals.get(f"{name}_sum", {})
            yield _histogram(name, meaning, self.totals.get(name, {}), sums)
        yield from _gauges(self.backlog)


def _counter(
    name: str, meaning: str, labels: tuple[str, ...], found: Mapping[Labels, float]
) -> Metric:
    """Return a counter; one without labels is shown from the start, as 0."""
    family = CounterMetricFamily(f"juicebox_{name}", meaning, labels=labels)
    untouched: Mapping[Labels, float] = {} if labels else {(): 0}
    for key, value in sorted({**untouched, **found}.items()):
        if tuple(label for label, _ in key) == labels:
            family.add_metric([text for _, text in key], value)
    return family


def _histogram(
    name: str, meaning: str, found: Mapping[Labels, float], sums: Mapping[Labels, float]
) -> Metric:
    """Return a histogram; buckets are stored one by one, and Prometheus expects cumulative ones."""
    family = HistogramMetricFamily(f"juicebox_{name}", meaning, labels=("channel",))
    for key, total in sorted(sums.items()):
        bounds = [*(f"{bound:g}" for bound in recorder.BUCKETS), "+Inf"]
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
