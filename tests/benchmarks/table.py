"""The results as a table for the terminal, and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from tests.benchmarks.counts import Counts
from tests.benchmarks.results import Results, RowResult
from tests.benchmarks.rows import FIRST_PEER, HOME_AIM, STATUS_AIM, Aim, Figure

_TITLE_WIDTH = 46
_LEVEL_COLUMNS = {
    "kept": "kept",
    "intake_per_second": "intake/s",
    "intake_p99_ms": "p99 ms",
    "latency_p50_ms": "latency p50",
    "latency_p99_ms": "p99 ms",
    "backlog_per_second": "backlog/s",
    "status_p50_ms": "status p50",
    "status_p99_ms": "p99 ms",
    "home_p50_ms": "Home p50",
    "home_p99_ms": "p99 ms",
    "bytes_per_event": "B/event",
    "web_rss_mb": "web MB",
    "worker_rss_mb": "worker MB",
}


def as_text(results: Results) -> str:
    """Return the table with the bot's ratio to the first peer, and the growth below it."""
    lines = [_header(results)]
    for result in results.rows:
        lines += [line for figure in result.row.figures for line in _lines(result, figure, results)]
    if results.levels:
        lines += ["", *_grid(_LEVEL_COLUMNS, results.levels), *_aim_lines(results.levels[-1])]
    columns = {"workers": "workers", "per_second": "backlog/s"}
    lines += ["", *_grid(columns, results.workers)] if results.workers else []
    return "\n".join(lines)


def as_json(results: Results, counts: Counts, machine: dict[str, Any]) -> dict[str, Any]:
    """Return everything that was measured."""
    return {
        "machine": machine,
        "counts": asdict(counts),
        "services": {service.name: service.title for service in results.services},
        "rows": {result.row.name: _row_json(result, results) for result in results.rows},
        "growth": {"levels": results.levels, "workers": results.workers},
        "problems": results.problems,
        "skipped": results.skipped,
    }


def _row_json(result: RowResult, results: Results) -> dict[str, Any]:
    names = [service.name for service in results.services]
    figures = {
        figure.key: {
            "title": figure.title.strip(),
            "median": {name: result.median(name, figure.key) for name in names},
            "ratio": ratio(result, figure.key, FIRST_PEER),
            "aims": [
                {"aim": str(aim), "peer": aim.peer, "met": is_met(result, figure, aim)}
                for aim in figure.aims
            ],
        }
        for figure in result.row.figures
    }
    return {"figures": figures, "runs": result.runs}


def ratio(result: RowResult, figure: str, peer: str) -> float | None:
    """Return the bot's figure divided by that of the peer."""
    ours, theirs = result.median("bot", figure), result.median(peer, figure)
    return None if ours is None or not theirs else ours / theirs


def is_met(result: RowResult, figure: Figure, aim: Aim) -> bool | None:
    """Whether the bot meets the aim; None if that was not measured."""
    value = _compared(result, figure, aim)
    return None if value is None else aim.is_met(value)


def _compared(result: RowResult, figure: Figure, aim: Aim) -> float | None:
    if aim.peer is None:
        return result.median("bot", figure.key)
    return ratio(result, figure.key, aim.peer)


def _header(results: Results) -> str:
    titles = [f"{service.title:>21}" for service in results.services]
    return f"{'':{_TITLE_WIDTH}}{''.join(titles)}   ratio  aim"


def _lines(result: RowResult, figure: Figure, results: Results) -> Iterator[str]:
    medians = [result.median(service.name, figure.key) for service in results.services]
    cells = "".join(f"{number(value):>21}" for value in medians)
    compared = ratio(result, figure.key, FIRST_PEER)
    aims = "; ".join(_aim(result, figure, aim) for aim in figure.aims)
    yield f"{figure.title:{_TITLE_WIDTH}}{cells}{number(compared):>8}  {aims}".rstrip()


def _aim(result: RowResult, figure: Figure, aim: Aim) -> str:
    met = {True: "met", False: "missed", None: "not measured"}[is_met(result, figure, aim)]
    value = _compared(result, figure, aim)
    to_peer = "" if aim.peer in (None, FIRST_PEER) else f" ({number(value)}) to {aim.peer}"
    return f"{aim}{to_peer}: {met}"


def _grid(columns: dict[str, str], rows: Sequence[dict[str, float]]) -> Iterator[str]:
    yield "".join(f"{title:>13}" for title in columns.values())
    for row in rows:
        yield "".join(f"{number(row.get(key)):>13}" for key in columns)


def _aim_lines(level: dict[str, float]) -> Iterator[str]:
    """Return whether Slack is answered quickly enough at the highest level that was reached."""
    for name, key, aim in (
        ("/juicebox status", "status_p99_ms", STATUS_AIM),
        ("Home tab", "home_p99_ms", HOME_AIM),
    ):
        met = "met" if aim.is_met(level[key]) else "missed"
        yield f"{name} at {level['kept']:,.0f} kept events: p99 {aim} ms: {met}"


def number(value: float | None) -> str:
    """Return a number with three or more significant digits, or a dash."""
    if value is None:
        return "-"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
