"""The playground as a process, and a client of its API and feed."""

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
    """Run a playground; yield its URL and its process once it is ready."""
    command = [sys.executable, "-m", "bot", "demo", *(options or ("--port", "0"))]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command line
    try:
        assert process.stdout is not None
        output = ""
        for line in process.stdout:
            output += line
            if line.startswith("Open "):
                break
        assert "Open " in output, output
        yield output.split("Open ")[1].strip(), process
    finally:
        process.terminate()
        process.communicate(timeout=HANG_TIMEOUT)


@dataclass(frozen=True)
class Visitor:
    """A client of the playground's API and feed."""

    http: httpx.AsyncClient

    async def call(self, path: str, **what: Any) -> Record:
        """Call an endpoint and return its result."""
        response = await self.http.post(path, json=what)
        assert response.status_code == 200, response.text
        result: Record = response.json()
        return result

    async def refused(self, path: str, **what: Any) -> tuple[int, str]:
        response = await self.http.post(path, json=what)
        return response.status_code, response.json()["error"]

    async def records(self, last_event_id: str = "") -> AsyncIterator[Record]:
        """Yield the records of the feed, from the first on."""
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        async with self.http.stream("GET", "/live", headers=headers) as live:
            async for line in live.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    async def until(
        self, wanted: Callable[[Record], bool], seconds: float = HANG_TIMEOUT
    ) -> Record:
        """Return the first record, past or future, that is wanted."""
        async with asyncio.timeout(seconds):
            async for record in self.records():
                if wanted(record):
                    return record
        raise AssertionError("the feed has ended")

    async def now(self, kind: str) -> Record:
        """Return the first record of this kind."""
        return await self.until(lambda record: record["kind"] == kind)

    async def send(self, what: str) -> str:
        """Send a sample; return its event id as soon as the webhook has responded."""
        n = (await self.call("/send", what=what))["n"]
        response = await self.until(lambda r: r["kind"] == "response" and r["n"] == n)
        return str(response["event_id"])

    async def timeline(self, event_id: str, wanted: Callable[[Record], bool]) -> Record:
        """Return the event's timeline record as soon as it is as wanted."""
        return await self.until(
            lambda r: r["kind"] == "timeline" and r["event_id"] == event_id and wanted(r)
        )


@asynccontextmanager
async def visiting(url: str) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=url, timeout=HANG_TIMEOUT) as http:
        yield Visitor(http)


def states(timeline: Record) -> set[str]:
    """Return the states of its deliveries."""
    return {delivery["state"] for delivery in timeline["deliveries"]}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def children(pid: int) -> list[int]:
    """Return the pids of a process' children, from Linux' /proc."""
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
