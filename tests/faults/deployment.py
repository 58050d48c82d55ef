"""A whole deployment out of real parts: Redis with AOF, Slack, mail, and the Procfile's processes."""

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

from bot.fakes.redis_server import RedisServer, free_port
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import DeliveryState, EventState
from bot.store import Store
from bot.store.connection import connect
from bot.store.queue import QUEUE
from tests.app import signed
from tests.faults.proxy import Proxy
from tests.polling import HANG_TIMEOUT, until
from tests.processes import ROOT, procfile, running

WEBHOOK = "/webhooks/juicebox"
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
"""Redis answers only when what it answers for survives it."""
_NOT_YET = {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING}


@dataclass(frozen=True)
class Running:
    """A process of the bot, and what it writes."""

    process: Process
    output: Path

    def log(self) -> str:
        return self.output.read_text(errors="replace")


@dataclass(frozen=True)
class Web(Running):
    """A web process that listens."""

    port: int
    client: httpx.AsyncClient

    async def receive(
        self, body: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """What Juicebox does; a 5xx that says neither why nor when to come back is a failure."""
        answer = await self.client.post(
            WEBHOOK, content=body, headers={**signed(body), **(headers or {})}
        )
        explained = answer.status_code == 503 and "Retry-After" in answer.headers
        assert answer.status_code < 500 or explained, (answer.status_code, answer.text, self.log())
        return answer


@dataclass(frozen=True)
class Deployment:
    """What the bot's processes live among. Redis is reached through `proxy`, by the test's `store` not."""

    redis: RedisServer
    proxy: Proxy
    slack: LocalSlack
    inbox: Inbox
    store: Store
    env: dict[str, str]
    folder: Path
    root: Path = ROOT
    """Where the bot's code is."""
    _numbers: "count[int]" = field(default_factory=count)

    @asynccontextmanager
    async def web(self, **changes: str) -> AsyncIterator[Web]:
        """A web process by the Procfile's line, as soon as it listens."""
        port = free_port()
        command = [part.replace("$PORT", str(port)) for part in procfile("web", self.root)]
        patience = httpx.Timeout(HANG_TIMEOUT, pool=None)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        async with (
            self._running(command, {**changes, "PORT": str(port)}) as (process, output),
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=patience, limits=limits
            ) as client,
        ):
            web = Web(process, output, port, client)
            await until(lambda: _listens(web))
            yield web

    @asynccontextmanager
    async def worker(self, *command: str, **changes: str) -> AsyncIterator[Running]:
        """A worker process by the Procfile's line, or by another command."""
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
        """As soon as each event is concluded, none of its deliveries is on its way, and no job waits."""

        async def all_are() -> bool:
            if await self.store.redis.zcard(QUEUE):
                return False
            for event_id in event_ids:
                stored = await self.store.events.get(event_id)
                if stored is None or stored.state is EventState.ACCEPTED:
                    return False
            found = await self.store.ledger.of_events(event_ids)
            return not any(d.state in _NOT_YET for ds in found.values() for d in ds)

        await until(all_are, seconds)


async def _listens(web: Web) -> bool:
    assert web.process.returncode is None, web.log()
    try:
        return (await web.client.get("/healthz")).status_code == 200
    except httpx.TransportError:
        return False


def environment(
    base: Mapping[str, str], redis_url: str, slack: LocalSlack, inbox: Inbox
) -> dict[str, str]:
    """A platform's environment: nothing of ours is installed, everything is in variables."""
    places = {"REDIS_URL": redis_url, "SLACK_API_URL": slack.url, "SMTP_URL": inbox.url}
    return {**base, **places, "PORT": str(free_port()), "PYTHONWARNINGS": "error"}


@asynccontextmanager
async def deployed(
    base: Mapping[str, str], *, direct: bool = False, server: RedisServer | None = None
) -> AsyncIterator[Deployment]:
    """A deployment with nothing in it, on a Redis of its own or on `server`, which runs already.

    `direct` leaves the proxy out of the processes' way to Redis.
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
