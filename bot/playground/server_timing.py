"""Reads the `Server-Timing` header: how long each step on the server took.

https://www.w3.org/TR/server-timing/
"""

import re
from collections.abc import Mapping

_METRIC = re.compile(r"([\w-]+)\s*;\s*dur=(\d+(?:\.\d+)?)")


def durations(header: str) -> Mapping[str, float]:
    """Milliseconds by the step's name, in the order of the header; what is unreadable is left out."""
    return {name: float(ms) for name, ms in _METRIC.findall(header)}
