"""Measures the load generator alone, against a server that does nothing: `python -m tests.benchmarks.ceiling`.

The figures of `make bench` mean something only while they are far below this.
"""

import asyncio
import sys

import uvloop

from tests.benchmarks.load import flood
from tests.benchmarks.slack import FakeSlack
from tests.benchmarks.webhooks import webhooks
from tests.processes import running

_REQUESTS = 30_000
_WARM_UP = 2_000


async def ceiling() -> float:
    """Return how many requests per second the generator sends, with 32 connections."""
    command = [sys.executable, "-m", "tests.benchmarks.ceiling", "serve"]
    async with running(command, {}, asyncio.subprocess.PIPE) as server:
        assert server.stdout is not None
        port = int(await server.stdout.readline())
        await flood(port, webhooks(0, _WARM_UP))
        return (await flood(port, webhooks(0, _REQUESTS))).per_second


async def serve() -> None:
    """Answer every request at once, as the fake Slack does, until the process is ended."""
    async with FakeSlack() as server:
        print(server.port, flush=True)  # noqa: T201 - read by `ceiling`
        await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        uvloop.run(serve())
    else:
        print(f"{uvloop.run(ceiling()):,.0f} requests per second")  # noqa: T201 - the result
