"""Measures what a service uses: memory, CPU time, and commands to Redis while it is idle."""

import asyncio

from tests.benchmarks.counts import Counts
from tests.benchmarks.deployment import deployed
from tests.benchmarks.load import flood
from tests.benchmarks.services import Service
from tests.benchmarks.speed import Figures
from tests.benchmarks.usage import commands_sent, usage_of

SETTLE_SECONDS = 1.0
"""From the last call of Slack until a worker has written down what came of it."""

_OWN_COMMANDS = 2
"""MONITOR, and INFO once."""


async def resources(service: Service, counts: Counts) -> Figures:
    """Measure memory per kept event, the CPU time for an event, and the processes' memory after it."""
    async with (
        deployed(service) as deployment,
        deployment.web() as web,
        deployment.worker() as worker,
    ):
        await deployment.warm_up(web, counts.warm_up, counts.timeout)
        await asyncio.sleep(SETTLE_SECONDS)
        before = await deployment.info("memory", "used_memory")
        processes = {"web": web.process.pid, "worker": worker.pid}
        usage_before = {name: usage_of(pid) for name, pid in processes.items()}
        await flood(web.port, deployment.prepare(counts.kept))
        await deployment.all_delivered(counts.timeout)
        await asyncio.sleep(SETTLE_SECONDS)
        used = await deployment.info("memory", "used_memory") - before
        figures = {"bytes_per_event": used / counts.kept}
        for name, pid in processes.items():
            if (then := usage_before[name]) and (now := usage_of(pid)):
                cpu_ms = (now.cpu_seconds - then.cpu_seconds) * 1000 / counts.kept
                found = {"rss_mb": now.rss_mb, "pss_mb": now.pss_mb, "cpu_ms": cpu_ms}
                figures |= {f"{name}_{key}": value for key, value in found.items()}
        return {**figures, **_sums(figures)}


def _sums(figures: Figures) -> Figures:
    """Return what web and worker use together, where that is known."""
    return {
        key: figures[f"web_{key}"] + figures[f"worker_{key}"]
        for key in ("rss_mb", "pss_mb", "cpu_ms")
        if f"web_{key}" in figures and f"worker_{key}" in figures
    }


async def idle(service: Service, counts: Counts) -> Figures:
    """Measure what a worker without work sends to Redis, after it has worked."""
    async with deployed(service) as deployment, deployment.worker():
        async with deployment.web() as web:
            await deployment.warm_up(web, counts.warm_up, counts.timeout)
        await asyncio.sleep(SETTLE_SECONDS)
        before = await deployment.info("stats", "total_commands_processed")
        sent = await commands_sent(deployment.redis_port, counts.idle_seconds)
        processed = await deployment.info("stats", "total_commands_processed") - before
        return {
            "sent_per_second": sent / counts.idle_seconds,
            "processed_per_second": (processed - _OWN_COMMANDS) / counts.idle_seconds,
        }
