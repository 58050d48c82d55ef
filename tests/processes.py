"""Processes of the bot, started directly or from the Procfile."""

import asyncio
import os
import shlex
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

import httpx

from tests.app import signed
from tests.polling import HANG_TIMEOUT, until

ROOT = Path(__file__).parents[1]


def procfile(name: str, root: Path = ROOT) -> list[str]:
    """Return the command of a process in the Procfile."""
    lines = dict(line.split(": ", 1) for line in (root / "Procfile").read_text().splitlines())
    command = shlex.split(lines[name])
    assert command[0] == "python"
    return [sys.executable, *command[1:]]


@asynccontextmanager
async def running(
    command: Sequence[str],
    env: Mapping[str, str],
    output: int | IO[bytes] = PIPE,
    root: Path = ROOT,
) -> AsyncIterator[Process]:
    """Start a process; at the end, kill it with all its child processes."""
    started = await asyncio.create_subprocess_exec(
        *command, env=dict(env), cwd=root, stdout=output, stderr=STDOUT, start_new_session=True
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
        await started.communicate()


@asynccontextmanager
async def process(
    name: str, env: Mapping[str, str], output: int | IO[bytes] = PIPE
) -> AsyncIterator[Process]:
    """Start a process of the Procfile."""
    command = [part.replace("$PORT", env["PORT"]) for part in procfile(name)]
    async with running(command, env, output) as started:
        yield started


async def deliver(env: Mapping[str, str], body: bytes) -> httpx.Response:
    """Send a signed webhook to the web process, as soon as it listens."""
    url = f"http://127.0.0.1:{env['PORT']}"
    async with httpx.AsyncClient(base_url=url, timeout=HANG_TIMEOUT) as client:

        async def listens() -> bool:
            try:
                return (await client.get("/healthz")).status_code == 200
            except httpx.TransportError:
                return False

        await until(listens)
        return await client.post("/webhooks/juicebox", content=body, headers=signed(body))
