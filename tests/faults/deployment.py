"""A whole deployment: Redis with AOF, a local Slack and mail server, and the processes of the Procfile."""

import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.fakes.redis_server import RedisServer, free_port
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import DeliveryState, EventState
from bot.store import Store
from bot.store.connection import connect
from tests.app import signed
from tests.faults.proxy import Proxy
from tests.polling import HANG_TIMEOUT, until
from tests.processes import ROOT, procfile, running
from tests.run_jobs import no_job_is_left

WEBHOOK = "/webhooks/juicebox"
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
"""Redis replies only after a write is on disk."""
_UNSETTLED = {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING}


@dataclass(frozen=True)
class Running:
    """A process of the bot, and its output."""

    process: Process
    output: Path

    def log(self) -> str:
        return self.output.read_text(errors="replace")


@dataclass(frozen=True)
class Web(Running):
    """A web process that accepts connections."""

    port: int
    client: httpx.AsyncClient

    async def receive(
        self, body: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a signed webhook; any 5xx but a 503 with Retry-After fails the test."""
        answer = await self.client.post(
            WEBHOOK, content=body, headers={**signed(body), **(headers or {})}
        )
        retryable = answer.status_code == 503 and "Retry-After" in answer.headers
        assert answer.status_code < 500 or retryable, (
            answer.status_code,
            answer.text,
            self.log(),
        )
        return answer


@dataclass(frozen=True)
class Deployment:
    """The servers around the bot. Its processes reach Redis through `proxy`, the test's `store` directly."""

    redis: RedisServer
    proxy: Proxy
    slack: LocalSlack
    inbox: Inbox
    store: Store
    env: dict[str, str]
    folder: Path
    root: Path = ROOT
    """The folder of the bot's code."""
    _numbers: "count[int]" = field(default_factory=count)

    @asynccontextmanager
    async def web(self, **changes: str) -> AsyncIterator[Web]:
        """Start the web process of the Procfile, and wait until it listens."""
        port = free_port()
        command = [part.replace("$PORT", str(port)) for part in procfile("web", self.root)]
        timeout = httpx.Timeout(HANG_TIMEOUT, pool=None)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        async with (
            self._running(command, {**changes, "PORT": str(port)}) as (process, output),
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=timeout, limits=limits
            ) as client,
        ):
            web = Web(process, output, port, client)
            await until(lambda: _listens(web))
            yield web

    @asynccontextmanager
    async def worker(self, *command: str, **changes: str) -> AsyncIterator[Running]:
        """Start the worker process of the Procfile, or another command."""
        async with self._running(command or procfile("worker", self.root), changes) as (
            process,
            output,
        ):
            yield Running(process, output)

    @asynccontextmanager
    async def _running(
        self, command: Sequence[str], changes: Mapping[str, str]
    ) -> AsyncIterator[tuple[Process, Path]]:
        output = self.folder / f"{next(self._numbers)}.log"
        with output.open("wb") as log:
            async with running(command, {**self.env, **changes}, log, self.root) as process:
                yield process, output

    async def settled(self, event_ids: Sequence[str], seconds: float = HANG_TIMEOUT) -> None:
        """Wait until all events and deliveries are settled, no job runs, and the queue is empty."""

        async def all_settled() -> bool:
            if not await no_job_is_left(self.store.redis):
                return False
            return all([await self._is_settled(event_id) for event_id in event_ids])

        await until(all_settled, seconds)

    async def _is_settled(self, event_id: str) -> bool:
        try:
            stored = await self.store.events.get(event_id)
        except CorruptRecord:
            return False  # an event of an older release, before it is migrated
        if stored is None or stored.state is EventState.ACCEPTED:
            return False
        return not any(d.state in _UNSETTLED for d in stored.deliveries)


async def _listens(web: Web) -> bool:
    assert web.process.returncode is None, web.log()
    try:
        return (await web.client.get("/healthz")).status_code == 200
    except httpx.TransportError:
        return False


def environment(
    base: Mapping[str, str], redis_url: str, slack: LocalSlack, inbox: Inbox
) -> dict[str, str]:
    """Return the environment variables of a deployment."""
    addresses = {"REDIS_URL": redis_url, "SLACK_API_URL": slack.url, "SMTP_URL": inbox.url}
    return {**base, **addresses, "PORT": str(free_port()), "PYTHONWARNINGS": "error"}


@asynccontextmanager
async def deployed(
    base: Mapping[str, str], *, direct: bool = False, server: RedisServer | None = None
) -> AsyncIterator[Deployment]:
    """Start an empty deployment, on its own Redis or on `server`, which is running already.

    With `direct`, the processes reach Redis without the proxy.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="juicebox-faults-")))
        if server is None:
            server = RedisServer(folder, None, *DURABLE)
            server.start()
            stack.callback(server.stop)
        proxy = await stack.enter_async_context(Proxy(server.port))
        slack = await stack.enter_async_context(LocalSlack(token=base["SLACK_BOT_TOKEN"]))
        inbox = await stack.enter_async_context(Inbox())
        redis: Redis = connect(server.url, timeout=timedelta(seconds=60))
        stack.push_async_callback(redis.aclose)
        port = server.port if direct else proxy.port
        env = environment(base, f"redis://127.0.0.1:{port}/0", slack, inbox)
        store = Store(redis, retention=timedelta(days=30))
        yield Deployment(server, proxy, slack, inbox, store, env, folder)
