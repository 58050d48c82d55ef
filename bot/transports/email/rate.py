"""How fast a mail server takes mails, as far as this process can tell."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

_WEIGHT_OF_THE_LATEST = 0.3
_SHORTEST, _LONGEST = 0.02, 1.0
_FASTER = 0.8
"""The next mail comes a little before its connection is expected to be free, so that none stands idle."""


class MailRate:
    """Measures mails, and tells how far apart those that wait for a connection should come."""

    def __init__(self, connections: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connections = connections
        self._monotonic = monotonic
        self._average = 0.0
        self._begun: dict[object, float] = {}

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Around everything that one mail takes."""
        mail = object()
        self._begun[mail] = self._monotonic()
        try:
            yield
        finally:
            seconds = self._monotonic() - self._begun.pop(mail)
            latest = _WEIGHT_OF_THE_LATEST if self._average else 1.0
            self._average += latest * (seconds - self._average)

    @property
    def spacing(self) -> timedelta:
        """Between two mails. A mail that is not done yet counts with the time that it has taken."""
        now = self._monotonic()
        all_take = min((now - begun for begun in self._begun.values()), default=0.0)
        seconds = max(self._average, all_take) * _FASTER / self._connections
        return timedelta(seconds=min(max(seconds, _SHORTEST), _LONGEST))
