"""Measures how fast a mail server accepts mails from this process."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

_LATEST_WEIGHT = 0.3
_MIN_SECONDS, _MAX_SECONDS = 0.02, 1.0
_SPEEDUP = 0.8
"""Mails come a little faster than connections become free, so that no connection is idle."""


class MailRate:
    """Measures how long mails take, and derives the interval for mails that wait for a connection."""

    def __init__(self, connections: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._monotonic = monotonic
        self._average = 0.0
        self._started: list[float] = []

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure one mail."""
        started = self._monotonic()
        self._started.append(started)
        try:
            yield
        finally:
            self._started.remove(started)
            weight = _LATEST_WEIGHT if self._average else 1.0
            self._average += weight * (self._monotonic() - started - self._average)

    @property
    def spacing(self) -> timedelta:
        """The interval between two mails; a mail in progress counts with its time so far."""
        so_far = self._monotonic() - max(self._started) if self._started else 0.0
        seconds = max(self._average, so_far) * _SPEEDUP / self._connections
        return timedelta(seconds=min(max(seconds, _MIN_SECONDS), _MAX_SECONDS))
