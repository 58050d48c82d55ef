"""One service on an empty Redis of its own, with a fake Slack; it is only used from outside."""

import asyncio
import os
import re
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from redis.asyncio import Redis

from bot.fakes.redis_server import RedisServer, free_port
from tests.benchmarks.connection import connected
from tests.benchmarks.load import flood
from tests.benchmarks.services import Service
from tests.benchmarks.slack import FakeSlack
from tests.benchmarks.webhooks import SECRET, SIGNING_SECRET, get, webhooks
from tests.processes import running

DURABLE = ("--appendonly", "yes", "--appendfsync", "everysec")
_START_TIMEOUT = 60
_POLL_INTERVAL = 0.002
_DEAD_LETTERS = re.compile(rb"^juicebox_dead_letters (\S+)$", re.MULTILINE)
_OPTIONAL_VARIABLES = ("HOME", "LANG", "TMPDIR")


class Broken(Exception):
    """A process ended, or did not do its work."""


@dataclass(frozen=True)
class Web:
    """A web process that answers."""

    process: Process
    port: int
    start_seconds: float
    """From its start to its first 200."""


@dataclass
class Deployment:
    """The servers around a service, and its numbering of events."""

    service: Service
    redis_port: int
    redis: Redis
    slack: FakeSlack
    env: Mapping[str, str]
    folder: Path
    sent: int = 0
    """How many events were prepared so far: their numbers start at 0."""
    _logs: "count[int]" = field(default_factory=count)

    @asynccontextmanager
    async def web(self) -> AsyncIterator[Web]:
        """Start the web process, and wait until it answers 200."""
        port = free_port()
        command = [part.replace("$PORT", str(port)) for part in self.service.web]
        started = time.perf_counter()
        async with self._process(command, {"PORT": str(port)}) as (process, log):
            await _answers(process, log, port)
            yield Web(process, port, time.perf_counter() - started)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Process]:
        """Start a worker."""
        async with self._process(self.service.worker, {}) as (process, _):
            yield process

    @asynccontextmanager
    async def _process(
        self, command: Sequence[str], changes: Mapping[str, str]
    ) -> AsyncIterator[tuple[Process, Path]]:
        path = self.folder / f"{next(self._logs)}.log"
        with path.open("wb") as log:
            async with running(command, {**self.env, **changes}, log) as process:
                yield process, path
                if process.returncode is not None:
                    raise Broken(f"{command} ended:\n{_tail(path)}")

    def prepare(self, events: int) -> list[bytes]:
        """Return webhooks of events that were not sent yet."""
        self.sent += events
        return webhooks(self.sent - events, events)

    async def warm_up(self, web: Web, events: int, seconds: float = 60) -> None:
        """Send some events, and wait until the worker has delivered all that were sent."""
        await flood(web.port, self.prepare(events))
        await self.all_delivered(seconds)

    async def all_delivered(self, seconds: float) -> None:
        """Wait until messages about all events were posted.

        Raises:
            Broken: if that takes too long.
        """
        if not await self.slack.wait_for(self.sent, seconds):
            found = f"{len(self.slack.delivered):,} of {self.sent:,} events"
            logs = "\n".join(_tail(path) for path in sorted(self.folder.glob("*.log")))
            raise Broken(f"{self.service.title} delivered {found} within {seconds:g} s\n{logs}")

    async def lost(self, web: Web) -> int:
        """Return how many events will not be delivered any more."""
        if self.service.lost is not None:
            return await self.service.lost(self.redis, len(self.slack.delivered))
        async with connected(web.port) as [connection]:
            _, page = await connection.request(get("/metrics"))
        found = _DEAD_LETTERS.search(page)
        if found is None:
            raise Broken("/metrics of the bot does not count dead letters")
        return int(float(found[1]))

    async def info(self, section: str, name: str) -> int:
        """Return a number from Redis' INFO."""
        return int((await self.redis.info(section))[name])


@asynccontextmanager
async def deployed(
    service: Service, messages_per_second: float | None = None
) -> AsyncIterator[Deployment]:
    """Start Redis and the fake Slack for a service, with Slack's rate limit or without any."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="juicebox-bench-")))
        server = RedisServer(folder, None, *DURABLE)
        stack.callback(server.stop)
        await asyncio.to_thread(server.start)
        redis = Redis.from_url(server.url)
        stack.push_async_callback(redis.aclose)
        slack = await stack.enter_async_context(FakeSlack(messages_per_second))
        env = {**_environment(server.url, slack, messages_per_second), **service.env}
        yield Deployment(service, server.port, redis, slack, env, folder)


def _environment(
    redis_url: str, slack: FakeSlack, messages_per_second: float | None
) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _OPTIONAL_VARIABLES if name in os.environ}
    return kept | {
        "PATH": os.environ["PATH"],
        "REDIS_URL": redis_url,
        "JUICEBOX_WEBHOOK_SECRET": SECRET,
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": "xoxb-benchmark",
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_CHANNEL": "C0BENCH",
        "SLACK_MESSAGES_PER_SECOND": f"{messages_per_second or 0:g}",
    }


async def _answers(process: Process, log: Path, port: int) -> None:
    async with asyncio.timeout(_START_TIMEOUT):
        while process.returncode is None:
            with suppress(OSError):
                async with connected(port) as [connection]:
                    if (await connection.request(get("/healthz")))[0] == 200:
                        return
            await asyncio.sleep(_POLL_INTERVAL)
    raise Broken(f"the web process ended:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])
