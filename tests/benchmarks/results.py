"""Runs the rows for all services in turn, and keeps what was measured."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.benchmarks import growth
from tests.benchmarks.counts import Counts
from tests.benchmarks.rows import GROWTH, Row
from tests.benchmarks.services import Service
from tests.benchmarks.speed import Figures

Say = Callable[[str], None]
"""Reports progress."""


@dataclass
class RowResult:
    """All runs of a row, by the service's name."""

    row: Row
    runs: dict[str, list[Figures]] = field(default_factory=dict)

    def median(self, service: str, figure: str) -> float | None:
        """Return the median of the runs, or None if this was not measured."""
        found = [run[figure] for run in self.runs.get(service, ()) if figure in run]
        return statistics.median(found) if found else None


@dataclass
class Results:
    """What was measured; `problems` are rows that broke, by name, and `skipped` those without time."""

    services: Sequence[Service]
    rows: list[RowResult] = field(default_factory=list)
    levels: list[growth.Level] = field(default_factory=list)
    workers: list[growth.Level] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


async def run(
    rows: Sequence[Row],
    services: Sequence[Service],
    counts: Counts,
    say: Say,
    *,
    with_growth: bool = True,
) -> Results:
    """Measure all rows, and growth for the first service; a row that breaks does not end the others."""
    results = Results(services)
    deadline = time.monotonic() + counts.total_seconds
    for row in rows:
        if _is_late(row.name, deadline, results, say):
            continue
        result = RowResult(row)
        results.rows.append(result)
        try:
            await _run_row(result, results, counts, deadline, say)
        except Exception as fault:  # noqa: BLE001 - any fault of a process or a server
            _report(row.name, fault, results, say)
    if with_growth and not _is_late(GROWTH, deadline, results, say):
        try:
            async with asyncio.timeout(counts.growth_limit):
                results.levels = await growth.levels(services[0], counts, say)
                results.workers = await growth.workers(services[0], counts)
        except Exception as fault:  # noqa: BLE001 - as above
            _report(GROWTH, fault, results, say)
    return results


async def _run_row(
    result: RowResult, results: Results, counts: Counts, deadline: float, say: Say
) -> None:
    row, services = result.row, results.services
    if row.together:
        async with asyncio.timeout(counts.limit), asyncio.TaskGroup() as group:
            tasks = [group.create_task(row.measure(s, counts)) for s in services]
        for service, task in zip(services, tasks, strict=True):
            result.runs[service.name] = [task.result()]
        say(f"{row.name}: measured")
        return
    for number in range(row.runs):
        if number and _is_late(f"{row.name} {number + 1}/{row.runs}", deadline, results, say):
            return
        for service in services:
            async with asyncio.timeout(counts.limit):
                figures = await row.measure(service, counts)
            result.runs.setdefault(service.name, []).append(figures)
            first = row.figures[0].key
            say(f"{row.name} {number + 1}/{row.runs}: {service.title} {figures[first]:,.4g}")


def _is_late(name: str, deadline: float, results: Results, say: Say) -> bool:
    """Whether there is no time left to measure this; then say so."""
    if time.monotonic() < deadline:
        return False
    results.skipped.append(name)
    say(f"{name}: skipped, there is no time left")
    return True


def _report(name: str, fault: Exception, results: Results, say: Say) -> None:
    faults = fault.exceptions if isinstance(fault, ExceptionGroup) else (fault,)
    results.problems[name] = "; ".join(f"{type(one).__name__} {one}" for one in faults)
    say(f"{name} broke: {results.problems[name]}")
