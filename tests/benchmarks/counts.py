"""How much is measured: the full counts, and small ones that take a few seconds for each row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RateLimited:
    """That many events at once, at Slack's real limit, and how long after that they are counted."""

    events: int
    seconds: float


@dataclass(frozen=True)
class Counts:
    """Events, unless the name says what else. The whole of it takes about a quarter of an hour."""

    runs: int = 3
    starts: int = 5
    warm_up: int = 200
    intake: int = 15_000
    latency: int = 500
    latency_per_second: float = 50
    backlog: int = 10_000
    backlog_seconds: float = 15
    """A backlog that takes longer is measured up to here."""
    kept: int = 3_000
    idle_seconds: float = 20
    rate_limited: tuple[RateLimited, ...] = (RateLimited(60, 30), RateLimited(300, 60))
    levels: tuple[int, ...] = (1_000, 10_000, 100_000)
    """Kept events at which growth is measured."""
    level_events: int = 2_000
    """For intake and backlog at each level but the first, which has only as many events as it has."""
    level_latency: int = 250
    commands: int = 200
    """Slash commands at each level."""
    fill_workers: int = 2
    fill_seconds: float = 150
    """A level that is not reached in this time is left out."""
    workers: tuple[int, ...] = (1, 2, 4)
    workers_backlog: int = 6_000
    timeout: float = 60
    """Seconds; a service that has not delivered all events in this time is broken."""
    total_seconds: float = 900
    """After this time nothing more is started: what is missing is named, and is no failure."""
    limit: float = 150
    """Seconds for one measurement of one service."""
    growth_limit: float = 600
    """Seconds for all levels."""


FULL = Counts()
QUICK = Counts(
    runs=1,
    starts=1,
    warm_up=20,
    intake=1_000,
    latency=100,
    backlog=500,
    backlog_seconds=5,
    kept=300,
    idle_seconds=3,
    rate_limited=(RateLimited(5, 4), RateLimited(20, 6)),
    levels=(500, 1_000),
    level_events=200,
    level_latency=50,
    commands=20,
    fill_workers=1,
    fill_seconds=20,
    workers=(1, 2),
    workers_backlog=500,
)
