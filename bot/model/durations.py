"""Durations as text for people."""

from datetime import timedelta

_MS = timedelta(milliseconds=1)
_SECOND = 1_000
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def duration(length: timedelta) -> str:
    """Return `0.012 s`, `2.3 s`, `3 min 6 s`, `2 h 5 min` or `3 days 4 h`.

    A negative duration counts as 0: it comes from the clocks of two machines. The playground's page
    follows the same rules in `page/time.js`.
    """
    ms = max(0, milliseconds(length))
    if ms < _SECOND:
        return f"{ms / _SECOND:.3f} s"
    tenths = (ms + 50) // 100
    if tenths < 10 * _MINUTE:
        return f"{tenths / 10:.1f}".removesuffix(".0") + " s"
    seconds = (ms + 500) // _SECOND
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min {seconds % _MINUTE} s"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    days = seconds // _DAY
    return f"{days} day{'s' if days > 1 else ''} {seconds % _DAY // _HOUR} h"


def milliseconds(length: timedelta) -> int:
    return round(length / _MS)
