"""Draws the two kinds of chart in the picture: bars that compare, and lines that grow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.svg import Canvas, Point
from tests.benchmarks.table import number

BAR_CHART_ROW = 18
_LABEL_WIDTH = 150
_VALUE_WIDTH = 52
_BAR = 12
_PLOT_LEFT, _PLOT_TOP, _PLOT_HEIGHT = 44, 26, 92
LINE_CHART_HEIGHT = _PLOT_TOP + _PLOT_HEIGHT + 22
_KINDS = (("line", "dot"), ("second", "second-dot"))
"""The classes of the first and the second line."""


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    is_main: bool


@dataclass(frozen=True)
class Series:
    """One line: a value for each label of the x axis."""

    name: str
    values: Sequence[float]


def bar_chart(canvas: Canvas, origin: Point, width: float, title: str, bars: Sequence[Bar]) -> None:
    """Draw horizontal bars from zero, below a title."""
    x, y = origin
    canvas.text(x, y + 12, title, "title")
    longest = max((bar.value for bar in bars), default=0) or 1
    room = width - _LABEL_WIDTH - _VALUE_WIDTH
    for row, bar in enumerate(bars):
        top = y + 22 + row * BAR_CHART_ROW
        length = max(1.5, room * bar.value / longest)
        canvas.text(x, top + 10, bar.label, "" if bar.is_main else "small")
        canvas.rect(x + _LABEL_WIDTH, top, length, _BAR, "main" if bar.is_main else "other")
        canvas.text(x + _LABEL_WIDTH + length + 5, top + 10, number(bar.value))


def line_chart(
    canvas: Canvas,
    origin: Point,
    width: float,
    *,
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
) -> None:
    """Draw one or two lines over the same axes; y starts at zero, the labels are evenly spaced."""
    x, y = origin
    left, bottom, right = x + _PLOT_LEFT, y + _PLOT_TOP + _PLOT_HEIGHT, x + width - 16
    canvas.text(x, y + 12, title, "title")
    top_value = _rounded_up(max(value for one in series for value in one.values))
    for share in (0, 0.5, 1):
        level = bottom - share * _PLOT_HEIGHT
        canvas.line([(left, level), (right, level)], "grid")
        canvas.text(left - 6, level + 4, number(share * top_value), "small", "end")
    step = (right - left) / max(1, len(labels) - 1)
    for index, label in enumerate(labels):
        canvas.text(left + index * step, bottom + 16, label, "small", "middle")
    highest = max(one.values[-1] for one in series)
    for one, (line, dot) in zip(series, _KINDS, strict=False):
        points = [
            (left + index * step, bottom - value / top_value * _PLOT_HEIGHT)
            for index, value in enumerate(one.values)
        ]
        canvas.line(points, line)
        for point in points:
            canvas.dot(*point, dot)
        if len(series) > 1:
            offset = -7 if one.values[-1] == highest else 15
            canvas.text(points[-1][0] + 2, points[-1][1] + offset, one.name, "small", "end")


def _rounded_up(value: float) -> float:
    """Return the next number of the form 1, 2, 3, 4, 5, 6 or 8 times a power of ten."""
    if value <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if value <= step * power)
