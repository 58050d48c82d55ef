"""Measures intake, latency, backlog and start of a service."""

import statistics
import time
from collections.abc import Mapping, Sequence

from tests.benchmarks.counts import Counts
from tests.benchmarks.deployment import Broken, Deployment, Web, deployed
from tests.benchmarks.load import Load, flood, send_at_rate
from tests.benchmarks.services import Service

Figures = Mapping[str, float]
"""What was measured, by the key of the figure."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def in_ms(seconds: Sequence[float], prefix: str = "") -> dict[str, float]:
    return {
        f"{prefix}p50_ms": statistics.median(seconds) * 1000,
        f"{prefix}p99_ms": percentile(seconds, 0.99) * 1000,
    }


async def intake(service: Service, counts: Counts) -> Figures:
    """Measure how many webhooks are accepted; no worker runs."""
    async with deployed(service) as deployment, deployment.web() as web:
        await flood(web.port, deployment.prepare(counts.warm_up * 5))
        load = await flood(web.port, deployment.prepare(counts.intake))
        return intake_figures(load)


def intake_figures(load: Load) -> dict[str, float]:
    return {"per_second": load.per_second, **in_ms(load.latencies)}


async def latency(service: Service, counts: Counts) -> Figures:
    """Measure the time from sending a webhook to the call of Slack."""
    async with deployed(service) as deployment, deployment.web() as web, deployment.worker():
        await deployment.warm_up(web, counts.warm_up, counts.timeout)
        return await measured_latency(deployment, web, counts.latency, counts)


async def measured_latency(
    deployment: Deployment, web: Web, events: int, counts: Counts
) -> dict[str, float]:
    first = deployment.sent
    sent = await send_at_rate(web.port, deployment.prepare(events), counts.latency_per_second)
    await deployment.all_delivered(counts.timeout)
    delivered = deployment.slack.delivered
    return in_ms([delivered[first + number] - at for number, at in enumerate(sent)])


async def backlog(service: Service, counts: Counts) -> Figures:
    """Measure how fast one worker works off what was queued before it started."""
    async with deployed(service) as deployment:
        async with deployment.web() as web:
            await flood(web.port, deployment.prepare(counts.backlog))
        started = time.perf_counter()
        async with deployment.worker():
            await deployment.slack.wait_for(counts.backlog, counts.backlog_seconds)
            delivered = sorted(deployment.slack.delivered.values())
        if len(delivered) < 2:
            raise Broken(f"the worker of {service.title} delivered {len(delivered)} events")
        return {
            "per_second": (len(delivered) - 1) / (delivered[-1] - delivered[0]),
            "per_second_with_start": len(delivered) / (delivered[-1] - started),
            "delivered": len(delivered),
        }


async def start(service: Service, _counts: Counts) -> Figures:
    """Measure how long the web process takes until its first 200."""
    async with deployed(service) as deployment, deployment.web() as web:
        return {"seconds": web.start_seconds}
