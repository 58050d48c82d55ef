"""The playground as its own process, and its doors and its feed as a program sees them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.polling import HANG_TIMEOUT

ROOT = Path(__file__).parents[1]
Record = dict[str, Any]


@contextmanager
def playground(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A playground that is ready, and its address; it is ended as Ctrl-C ends it."""
    command = [sys.executable, "-m", "bot", "demo", *(options or ("--port", "0"))]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command line
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Open "):
                break
        assert "Open " in said, said
        yield said.split("Open ")[1].strip(), process
    finally:
        process.terminate()
        process.communicate(timeout=HANG_TIMEOUT)


@dataclass(frozen=True)
class Visitor:
    """Whoever uses the playground without looking at it."""

    http: httpx.AsyncClient

    async def ask(self, path: str, **what: Any) -> Record:
        """Ask at one of the doors, and have it done."""
        answer = await self.http.post(path, json=what)
        assert answer.status_code == 200, answer.text
        done: Record = answer.json()
        return done

    async def refused(self, path: str, **what: Any) -> tuple[int, str]:
        answer = await self.http.post(path, json=what)
        return answer.status_code, answer.json()["error"]

    async def records(self, last_event_id: str = "") -> AsyncIterator[Record]:
        """Everything that the page is told, from the first record on."""
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        async with self.http.stream("GET", "/live", headers=headers) as live:
            async for line in live.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    async def until(
        self, wanted: Callable[[Record], bool], seconds: float = HANG_TIMEOUT
    ) -> Record:
        """The first record that is wanted, among those that were and those that come."""
        async with asyncio.timeout(seconds):
            async for record in self.records():
                if wanted(record):
                    return record
        raise AssertionError("the feed has ended")

    async def now(self, kind: str) -> Record:
        """The record of this kind as it is."""
        return await self.until(lambda record: record["kind"] == kind)

    async def send(self, what: str) -> str:
        """Send a sample; its event's id, as soon as the webhook has answered."""
        n = (await self.ask("/send", what=what))["n"]
        answer = await self.until(lambda r: r["kind"] == "answer" and r["n"] == n)
        return str(answer["event_id"])

    async def trail(self, event_id: str, wanted: Callable[[Record], bool]) -> Record:
        """The event's trail, as soon as it is as wanted."""
        return await self.until(
            lambda r: r["kind"] == "trail" and r["event_id"] == event_id and wanted(r)
        )


@asynccontextmanager
async def visiting(url: str) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=url, timeout=HANG_TIMEOUT) as http:
        yield Visitor(http)


def states(trail: Record) -> set[str]:
    """How its deliveries stand."""
    return {delivery["state"] for delivery in trail["deliveries"]}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def children(pid: int) -> list[int]:
    """The processes that a process has started and that are still there; Linux tells."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
