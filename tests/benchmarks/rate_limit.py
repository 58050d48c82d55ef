"""Measures how many events are delivered, lost and still waiting at Slack's real rate limit."""

import asyncio

from tests.benchmarks.counts import Counts, RateLimited
from tests.benchmarks.deployment import deployed
from tests.benchmarks.load import flood
from tests.benchmarks.services import Service
from tests.benchmarks.speed import Figures

_MESSAGES_PER_SECOND = 1.0
"""For each channel: https://docs.slack.dev/apis/web-api/rate-limits#posting-messages"""
_FIRST = 1


async def rate_limited(service: Service, counts: Counts) -> Figures:
    """Measure all numbers of events at the same time, each in a deployment of its own."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_measured(service, one, counts)) for one in counts.rate_limited]
    return {name: value for task in tasks for name, value in task.result().items()}


async def _measured(service: Service, given: RateLimited, counts: Counts) -> Figures:
    async with (
        deployed(service, _MESSAGES_PER_SECOND) as deployment,
        deployment.web() as web,
        deployment.worker(),
    ):
        await deployment.warm_up(web, _FIRST, counts.timeout)
        await asyncio.sleep(1 / _MESSAGES_PER_SECOND)  # until the channel is free again
        await flood(web.port, deployment.prepare(given.events))
        await asyncio.sleep(given.seconds)
        delivered = len(deployment.slack.delivered)
        lost = await deployment.lost(web)
        found = {
            "delivered": delivered - _FIRST,
            "lost": lost,
            "waiting": deployment.sent - delivered - lost,
            "calls_refused": deployment.slack.refused,
        }
        return {f"{name}_{given.events}": float(value) for name, value in found.items()}
