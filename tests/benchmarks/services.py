"""The services that are compared: the bot and its peers, each a web process and a worker."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis

from tests.processes import procfile

PEERS = Path(__file__).parent / "peers"
_BULLMQ_CONCURRENCY = "100"
"""Of 20, 50, 100, 200 and 400, the one with the least CPU time for an event, with both clients."""

CountLost = Callable[[Redis, int], Awaitable[int]]
"""Returns how many events will never be delivered, given how many were."""


@dataclass(frozen=True)
class Service:
    """How to start a service. `$PORT` in the command of the web process is its port.

    `lost` is None for the bot, which is asked over HTTP.
    """

    name: str
    title: str
    web: Sequence[str]
    worker: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    lost: CountLost | None = None


def bot(python: str = sys.executable) -> Service:
    """Return the bot as the Procfile starts it, on loopback only."""
    web = [part.replace("0.0.0.0", "127.0.0.1") for part in procfile("web")]
    return Service("bot", "this bot", [python, *web[1:]], [python, *procfile("worker")[1:]])


def peers(express: Path | None) -> list[Service]:
    """Return the peers; those on Node run in the folder `express`, and are left out without it."""
    if express is None:
        return [_arq()]
    return [
        _bullmq(express, "bullmq", "Express + BullMQ", "undici"),
        _bullmq(express, "bullmq-web-api", "with @slack/web-api", "web-api"),
        _arq(),
    ]


def _bullmq(folder: Path, name: str, title: str, client: str) -> Service:
    env = {"NODE_ENV": "production", "CLIENT": client, "CONCURRENCY": _BULLMQ_CONCURRENCY}
    web, worker = (["node", str(folder / script)] for script in ("web.js", "worker.js"))
    return Service(name, title, web, worker, env, _failed_in_bullmq)


async def _failed_in_bullmq(redis: Redis, _delivered: int) -> int:
    """BullMQ keeps the jobs whose attempts are used up in a sorted set."""
    return int(await redis.zcard("bull:events:failed"))


def _arq() -> Service:
    module = "tests.benchmarks.peers.fastapi_arq"
    options = ["--host", "127.0.0.1", "--port", "$PORT", "--no-access-log"]
    web = [sys.executable, "-m", "uvicorn", f"{module}.web:app", *options]
    worker = [sys.executable, "-m", "arq", f"{module}.worker.WorkerSettings"]
    return Service("arq", "FastAPI + arq", web, worker, {}, _failed_in_arq)


async def _failed_in_arq(redis: Redis, delivered: int) -> int:
    """Count the results, which arq keeps of jobs that went well and of those that did not."""
    results = [key async for key in redis.scan_iter("arq:result:*", count=1000)]
    return max(0, len(results) - delivered)
