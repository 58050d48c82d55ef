"""How long each step of a request took, as `Server-Timing` tells it."""

import time
from collections.abc import Callable


class ServerTiming:
    """Times the steps that follow one another; `clock` gives seconds, from any origin.

    https://www.w3.org/TR/server-timing/
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = clock()
        self._laps: list[tuple[str, float]] = []

    def lap(self, name: str) -> None:
        """The step `name` ends here, and the next one begins."""
        now = self._clock()
        self._laps.append((name, now - self._last))
        self._last = now

    @property
    def header(self) -> str:
        """`read;dur=0.210, verify;dur=0.034`: milliseconds."""
        return ", ".join(f"{name};dur={seconds * 1000:.3f}" for name, seconds in self._laps)
