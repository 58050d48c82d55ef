"""Processes of the bot, and their log lines."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp

from tests.polling import HANG_TIMEOUT
from tests.processes import running


@dataclass
class Process:
    """A process of the bot, and what it has logged so far."""

    running: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def until(self, wanted: Callable[[str], bool]) -> str:
        """The next line that is wanted."""
        async with asyncio.timeout(HANG_TIMEOUT):
            assert self.running.stdout
            while raw := await self.running.stdout.readline():
                self.lines.append(raw.decode())
                if wanted(self.lines[-1]):
                    return self.lines[-1]
        raise AssertionError("it ended before: " + "".join(self.lines))

    async def end(self) -> int:
        if self.running.returncode is None:
            self.running.send_signal(signal.SIGTERM)
        rest, _ = await self.running.communicate()
        self.lines += rest.decode().splitlines(keepends=True)
        return self.running.returncode or 0


@asynccontextmanager
async def started(environment: dict[str, str], *args: str) -> AsyncIterator[Process]:
    async with running([sys.executable, "-m", "bot", *args], environment) as process:
        yield Process(process)


async def answer(url: str) -> tuple[int, Mapping[str, str]]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, response.headers.copy()
