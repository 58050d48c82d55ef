"""Draws what was measured: the bot next to its peers, and how it grows."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.charts import (
    BAR_CHART_ROW,
    LINE_CHART_HEIGHT,
    Bar,
    Series,
    bar_chart,
    line_chart,
)
from tests.benchmarks.svg import Canvas

_WIDTH, _MARGIN, _GAP = 840.0, 20.0, 24.0

_COMPARED = (
    ("intake", "per_second", "Webhooks accepted per second"),
    ("latency", "p99_ms", "Webhook to Slack, p99 in ms; less is better"),
    ("backlog", "per_second", "Backlog worked off per second"),
    ("resources", "bytes_per_event", "Redis memory per event, bytes; less is better"),
    ("resources", "rss_mb", "Memory of web + worker, MB; less is better"),
)
_DELIVERED = "delivered_"
"""The first figure with this prefix is how many events were delivered at Slack's real limit."""

_GROWTH = (
    ("Webhooks accepted per second", (("", "intake_per_second"),)),
    ("Backlog worked off per second", (("", "backlog_per_second"),)),
    ("Webhook to Slack, ms", (("p50", "latency_p50_ms"), ("p99", "latency_p99_ms"))),
    ("/juicebox status, ms", (("p50", "status_p50_ms"), ("p99", "status_p99_ms"))),
    ("Redis memory per event, bytes", (("", "bytes_per_event"),)),
)


def picture(found: Mapping[str, Any]) -> str:
    """Return an SVG of the results, as `as_json` has them."""
    canvas = Canvas(_WIDTH)
    y = _comparison(canvas, found, _MARGIN)
    y = _growth(canvas, found, y)
    machine = found["machine"]
    versions = f"{machine['redis'] or ''}".split(" sha")[0]
    note = (
        f"{machine['cores']} cores, Python {machine['python']}, {versions}, Node {machine['node']}"
    )
    canvas.text(_MARGIN, y + 10, f"{note}; AOF everysec. To repeat: make bench", "small")
    return canvas.document(y + 26, "The bot compared with Express + BullMQ and FastAPI + arq")


def _comparison(canvas: Canvas, found: Mapping[str, Any], y: float) -> float:
    """Draw the charts that compare services in two columns; return where they end."""
    charts = [(title, bars) for title, bars in _compared(found) if bars]
    if not charts:
        return y
    canvas.text(_MARGIN, y + 14, "Side by side on one machine", "heading")
    y += 34
    width = (_WIDTH - 2 * _MARGIN - _GAP) / 2
    height = 22 + BAR_CHART_ROW * max(len(bars) for _, bars in charts) + 16
    for index, (title, bars) in enumerate(charts):
        origin = (_MARGIN + index % 2 * (width + _GAP), y + index // 2 * height)
        bar_chart(canvas, origin, width, title, bars)
    return y + (len(charts) + 1) // 2 * height + 8


def _compared(found: Mapping[str, Any]) -> list[tuple[str, list[Bar]]]:
    charts = [(title, _bars(found, row, figure)) for row, figure, title in _COMPARED]
    delivered = found["rows"].get("rate-limit", {"figures": {}})["figures"]
    first = next((key for key in delivered if key.startswith(_DELIVERED)), None)
    if first is not None:
        charts.append((delivered[first]["title"], _bars(found, "rate-limit", first)))
    return charts


def _bars(found: Mapping[str, Any], row: str, figure: str) -> list[Bar]:
    if row not in found["rows"]:
        return []
    medians = found["rows"][row]["figures"][figure]["median"]
    return [
        Bar(title, medians[name], is_main=name == "bot")
        for name, title in found["services"].items()
        if medians.get(name) is not None
    ]


def _growth(canvas: Canvas, found: Mapping[str, Any], y: float) -> float:
    """Draw the charts of growth in three columns; return where they end."""
    levels, workers = found["growth"]["levels"], found["growth"]["workers"]
    charts = []
    if len(levels) > 1:
        labels = [_short(level["kept"]) for level in levels]
        charts += [(title, labels, _series(levels, lines)) for title, lines in _GROWTH]
    if len(workers) > 1:
        labels = [f"{level['workers']:.0f}" for level in workers]
        lines = (("", "per_second"),)
        charts.append(("Backlog per second, by workers", labels, _series(workers, lines)))
    if not charts:
        return y
    canvas.text(_MARGIN, y + 14, "As kept events grow", "heading")
    y += 34
    width = (_WIDTH - 2 * _MARGIN - 2 * _GAP) / 3
    height = LINE_CHART_HEIGHT + 14
    for index, (title, labels, series) in enumerate(charts):
        origin = (_MARGIN + index % 3 * (width + _GAP), y + index // 3 * height)
        line_chart(canvas, origin, width, title=title, labels=labels, series=series)
    return y + (len(charts) + 2) // 3 * height + 4


def _series(rows: Sequence[Mapping[str, float]], lines: Sequence[tuple[str, str]]) -> list[Series]:
    return [Series(name, [row[key] for row in rows]) for name, key in lines]


def _short(count: float) -> str:
    return f"{count / 1000:g}k" if count >= 1000 else f"{count:.0f}"
