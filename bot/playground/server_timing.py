"""Reads the `Server-Timing` header: the duration of each step on the server.

https://www.w3.org/TR/server-timing/
"""

import re
from collections.abc import Mapping

_METRIC = re.compile(r"([\w-]+)\s*;\s*dur=(\d+(?:\.\d+)?)")


def parse_server_timing(header: str) -> Mapping[str, float]:
    """Return milliseconds by step, in the order of the header; unreadable entries are left out."""
    return {name: float(ms) for name, ms in _METRIC.findall(header)}
