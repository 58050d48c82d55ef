"""Measures how the bot behaves as kept events grow, and how its backlog scales with workers."""

import asyncio
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager

from tests.benchmarks.connection import connected
from tests.benchmarks.counts import Counts
from tests.benchmarks.deployment import Broken, Deployment, Web, deployed
from tests.benchmarks.load import flood
from tests.benchmarks.resources import SETTLE_SECONDS
from tests.benchmarks.services import Service
from tests.benchmarks.speed import in_ms, intake_figures, measured_latency
from tests.benchmarks.usage import usage_of
from tests.benchmarks.webhooks import home_opened, slash_command

_CHUNK = 10_000
_COMMAND_TIMEOUT = 10

Level = dict[str, float]
"""What was measured at one level; `kept` or `workers` says which."""


async def levels(service: Service, counts: Counts, say: Callable[[str], None]) -> list[Level]:
    """Measure at each level of kept events, with one web process and one worker."""
    found: list[Level] = []
    async with (
        deployed(service) as deployment,
        deployment.web() as web,
        deployment.worker() as worker,
    ):
        await deployment.warm_up(web, counts.warm_up, counts.timeout)
        await asyncio.sleep(SETTLE_SECONDS)
        empty = await deployment.info("memory", "used_memory")
        for kept in counts.levels:
            try:
                await _fill(deployment, web, kept - sum(_measured_events(kept, counts)), counts)
            except Broken as fault:
                say(f"growth stops below {kept:,} kept events: {str(fault).splitlines()[0]}")
                return found
            level = await _measure(deployment, web, worker, kept, counts)
            used = await deployment.info("memory", "used_memory") - empty
            level["bytes_per_event"] = used / (deployment.sent - counts.warm_up)
            found.append(level)
            say(f"growth: measured at {kept:,} kept events")
    return found


async def workers(service: Service, counts: Counts) -> list[Level]:
    """Measure the backlog with each number of workers."""
    return [await _with_workers(service, number, counts) for number in counts.workers]


async def _fill(deployment: Deployment, web: Web, kept: int, counts: Counts) -> None:
    """Have that many events accepted and delivered in all, by additional workers."""
    deadline = time.perf_counter() + counts.fill_seconds
    async with AsyncExitStack() as stack:
        for _ in range(counts.fill_workers - 1):
            await stack.enter_async_context(deployment.worker())
        while (missing := kept - deployment.sent) > 0:
            await flood(web.port, deployment.prepare(min(missing, _CHUNK)))
            await deployment.all_delivered(max(0, deadline - time.perf_counter()))
        await asyncio.sleep(SETTLE_SECONDS)


def _measured_events(kept: int, counts: Counts) -> tuple[int, int]:
    """Return how many of a level's events are sent to measure intake and backlog, and latency."""
    return min(counts.level_events, kept // 2), min(counts.level_latency, kept // 4)


async def _measure(
    deployment: Deployment, web: Web, worker: Process, kept: int, counts: Counts
) -> Level:
    events, timed = _measured_events(kept, counts)
    with _paused([worker]):
        load = await flood(web.port, deployment.prepare(events))
    seconds = await _drained(deployment, counts)
    level = {"kept": float(kept)}
    level |= {f"intake_{name}": value for name, value in intake_figures(load).items()}
    level["backlog_per_second"] = events / seconds
    delays = await measured_latency(deployment, web, timed, counts)
    level |= {f"latency_{name}": value for name, value in delays.items()}
    level |= in_ms(await _command_seconds(deployment, web, counts.commands), "status_")
    level |= in_ms(await _home_seconds(deployment, web, counts.commands), "home_")
    for name, process in (("web", web.process), ("worker", worker)):
        if usage := usage_of(process.pid):
            level[f"{name}_rss_mb"] = usage.rss_mb
    return level


async def _with_workers(service: Service, number: int, counts: Counts) -> Level:
    async with deployed(service) as deployment, AsyncExitStack() as stack:
        web = await stack.enter_async_context(deployment.web())
        started = [await stack.enter_async_context(deployment.worker()) for _ in range(number)]
        await deployment.warm_up(web, counts.warm_up * number, counts.timeout)
        await asyncio.sleep(SETTLE_SECONDS * number)  # until the last worker has started, too
        with _paused(started):
            await flood(web.port, deployment.prepare(counts.workers_backlog))
        seconds = await _drained(deployment, counts)
        return {"workers": float(number), "per_second": counts.workers_backlog / seconds}


async def _drained(deployment: Deployment, counts: Counts) -> float:
    """Return how long the workers take from now on to tell all events."""
    resumed = time.perf_counter()
    await deployment.all_delivered(counts.timeout)
    return max(deployment.slack.delivered.values()) - resumed


@contextmanager
def _paused(processes: Sequence[Process]) -> Iterator[None]:
    """Stop processes, so that events queue up while nothing is taken from the queue."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


async def _command_seconds(deployment: Deployment, web: Web, number: int) -> list[float]:
    """Return how long each `/juicebox status` takes until its text is there.

    The text is in the HTTP response, or in a request to the response URL after it.
    """
    request = slash_command("status", deployment.slack.response_url)
    seconds = []
    async with connected(web.port) as [connection]:
        for _ in range(1 + number):
            started = time.perf_counter()
            status, body = await connection.request(request)
            if status != 200:
                raise Broken(f"/juicebox status was answered {status}: {body[:200]!r}")
            if not body:
                async with asyncio.timeout(_COMMAND_TIMEOUT):
                    await deployment.slack.responses.get()
            seconds.append(time.perf_counter() - started)
    return seconds[1:]  # for the first one, the bot asks Slack which workspace it belongs to


async def _home_seconds(deployment: Deployment, web: Web, number: int) -> list[float]:
    """Return how long each opening of the Home tab takes until the tab is published."""
    request = home_opened()
    seconds = []
    async with connected(web.port) as [connection]:
        for count in range(1 + number):
            before, started = deployment.slack.homes, time.perf_counter()
            status, body = await connection.request(request)
            if status != 200 or deployment.slack.homes != before + 1:
                raise Broken(
                    f"opening {count} of the Home tab was answered {status}: {body[:200]!r}"
                )
            seconds.append(time.perf_counter() - started)
    return seconds[1:]  # for the first one, the bot asks Slack about the person and the channel
