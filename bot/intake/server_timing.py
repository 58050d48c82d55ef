"""Measures the steps of a request for the `Server-Timing` header."""

import time
from collections.abc import Callable


class ServerTiming:
    """Measures consecutive steps; `clock` gives seconds from any origin.

    https://www.w3.org/TR/server-timing/
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = clock()
        self._steps: list[tuple[str, float]] = []

    def end_step(self, name: str) -> None:
        """Record the time since the previous step ended under this name."""
        now = self._clock()
        self._steps.append((name, now - self._last))
        self._last = now

    @property
    def header(self) -> str:
        """`read;dur=0.210, verify;dur=0.034`: milliseconds."""
        return ", ".join(f"{name};dur={seconds * 1000:.3f}" for name, seconds in self._steps)
