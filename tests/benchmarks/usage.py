"""What processes use: memory and CPU as Linux counts them, and the commands they send to Redis."""

import asyncio
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SMAPS_LINE = re.compile(r"^(Rss|Pss): +(\d+) kB$", re.MULTILINE)
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12
"""The fields of `/proc/<pid>/stat` after the command in parentheses, counted from 0."""
_IN_A_SCRIPT = b" lua] "


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process and its child processes. PSS counts shared pages in proportion."""

    rss_mb: float
    pss_mb: float
    cpu_seconds: float


def usage_of(pid: int) -> Usage | None:
    """Return what the processes of this session use, or None if this is not Linux.

    `pid` is the process that leads the session.
    """
    rss = pss = ticks = 0
    for folder in _session(pid):
        with suppress(OSError):
            found = dict(_SMAPS_LINE.findall((folder / "smaps_rollup").read_text()))
            rss += int(found["Rss"])
            pss += int(found["Pss"])
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            ticks += int(fields[_UTIME]) + int(fields[_STIME])
    return Usage(rss / 1024, pss / 1024, ticks / _TICKS_PER_SECOND) if rss else None


def _session(leader: int) -> Iterator[Path]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getsid(int(folder.name)) == leader:
                yield folder


async def commands_sent(redis_port: int, seconds: float) -> int:
    """Count the commands that clients send to Redis meanwhile, without those within scripts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", redis_port)
    sent = 0
    try:
        writer.write(b"MONITOR\r\n")
        await reader.readline()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while line := await reader.readline():
                    sent += line.startswith(b"+") and _IN_A_SCRIPT not in line[:80]
    finally:
        writer.close()
        await writer.wait_closed()
    return sent
