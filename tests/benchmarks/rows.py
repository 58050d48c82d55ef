"""The rows of the table: what is measured, its figures, and what the bot aims for."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import rate_limit, resources, speed
from tests.benchmarks.counts import Counts
from tests.benchmarks.services import Service
from tests.benchmarks.speed import Figures

FIRST_PEER = "bullmq"
GROWTH = "growth"
"""The name of the row that measures the bot alone, at several levels."""

Measure = Callable[[Service, Counts], Coroutine[Any, Any, Figures]]


@dataclass(frozen=True)
class Aim:
    """A bound for the ratio of the bot's figure to that of a peer, or for the figure itself."""

    at_least: float | None = None
    at_most: float | None = None
    peer: str | None = FIRST_PEER

    def is_met(self, value: float) -> bool:
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        return f"≤ {self.at_most:g}" if self.at_least is None else f"≥ {self.at_least:g}"


STATUS_AIM = Aim(at_most=30, peer=None)
"""For the p99 of `/juicebox status` in ms, at the highest level of kept events."""
HOME_AIM = Aim(at_most=50, peer=None)
"""For the p99 of publishing the Home tab in ms, at that level."""


@dataclass(frozen=True)
class Figure:
    """One line of the table; `title` includes the unit."""

    key: str
    title: str
    aims: tuple[Aim, ...] = ()


@dataclass(frozen=True)
class Row:
    """What one measurement returns. `together`: for all services at the same time, since they wait."""

    name: str
    measure: Measure
    figures: tuple[Figure, ...]
    runs: int = 1
    together: bool = False


def rows(counts: Counts) -> list[Row]:
    """Return the rows in the order in which they run."""
    return [
        Row("start", speed.start, _START, counts.starts),
        Row("intake", speed.intake, _INTAKE, counts.runs),
        Row("latency", speed.latency, _latency(counts), counts.runs),
        Row("backlog", speed.backlog, _BACKLOG, counts.runs),
        Row("resources", resources.resources, _RESOURCES),
        Row("idle", resources.idle, _IDLE, together=True),
        Row("rate-limit", rate_limit.rate_limited, _rate_limited(counts), together=True),
    ]


_START = (Figure("seconds", "start to first 200, s", (Aim(at_most=0.5, peer=None),)),)
_INTAKE = (
    Figure("per_second", "webhooks accepted per second, 32 connections", (Aim(at_least=1.1),)),
    Figure("p50_ms", "  p50, ms"),
    Figure("p99_ms", "  p99, ms", (Aim(at_most=1),)),
)
_BACKLOG = (
    Figure(
        "per_second",
        "backlog worked off per second, one worker",
        (Aim(at_least=0.15), Aim(at_least=0.4, peer="bullmq-web-api")),
    ),
    Figure("per_second_with_start", "  including the worker's start"),
    Figure("delivered", "  events delivered"),
)
_RESOURCES = (
    Figure("bytes_per_event", "Redis memory per kept event, B", (Aim(at_most=0.8),)),
    Figure("rss_mb", "web + worker after the load, RSS in MB", (Aim(at_most=0.65),)),
    Figure("web_rss_mb", "  web"),
    Figure("worker_rss_mb", "  worker"),
    Figure("pss_mb", "web + worker after the load, PSS in MB"),
    Figure("web_pss_mb", "  web"),
    Figure("worker_pss_mb", "  worker"),
    Figure("cpu_ms", "web + worker: CPU time for an event, ms"),
    Figure("web_cpu_ms", "  web"),
    Figure("worker_cpu_ms", "  worker"),
)
_IDLE = (
    Figure(
        "sent_per_second",
        "commands an idle worker sends per second",
        (Aim(at_most=2, peer=None),),
    ),
    Figure("processed_per_second", "  including those within scripts"),
)


def _latency(counts: Counts) -> tuple[Figure, ...]:
    title = f"webhook to Slack call, {counts.latency_per_second:g}/s"
    return (
        Figure("p50_ms", f"{title}: p50, ms", (Aim(at_most=2),)),
        Figure("p99_ms", "  p99, ms", (Aim(at_most=2.5),)),
    )


def _rate_limited(counts: Counts) -> tuple[Figure, ...]:
    figures: list[Figure] = []
    for number, given in enumerate(counts.rate_limited):
        events = given.events
        aims = (Aim(at_least=events, peer=None),) if number == 0 else ()
        title = f"{events} events at Slack's limit, delivered after {given.seconds:g} s"
        figures += [
            Figure(f"delivered_{events}", title, aims),
            Figure(f"lost_{events}", "  lost"),
            Figure(f"waiting_{events}", "  still waiting"),
            Figure(f"calls_refused_{events}", "  calls that got 429"),
        ]
    return tuple(figures)
