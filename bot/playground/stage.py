"""The whole bot on this machine: its own Redis, Slack and mail server, and its real processes."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from bot.errors import BotError
from bot.fakes.redis_server import RedisServer, free_port, redis_server
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.intake.signature import HEADER, sign
from bot.model import Audience, Destination, Transport
from bot.playground.racing import race
from bot.playground.service import Program, Service
from bot.settings import Settings
from bot.store import Store
from bot.store.connection import connect
from bot.transports.terminal.console import Console
from bot.transports.terminal.lines import Weight

SECRET = "whsec_demo"  # noqa: S105 - it protects nothing but this demo
SIGNING_SECRET = "demo-signing-secret"  # noqa: S105 - as above
_TOKEN = "xoxb-demo"  # noqa: S105 - it opens nothing but the local Slack
_START_SECONDS = 120
_LOOK_SECONDS = 0.05
_UNREACHABLE = "it cannot be reached"
_OK = 200

T = TypeVar("T")

AUDIENCES = {
    Audience.RECRUITERS: (
        Destination(Transport.SLACK, "C0RECRUIT"),
        Destination(Transport.EMAIL, "recruiter@example.com"),
    ),
    Audience.OPERATORS: (
        Destination(Transport.SLACK, "C0ALERTS"),
        Destination(Transport.EMAIL, "operator@example.com"),
    ),
}


class DemoFailed(BotError):
    """The demo does not work here; the text says what was seen."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs."""

    slack: LocalSlack
    inbox: Inbox
    store: Store
    url: str
    redis: RedisServer
    web: Service
    worker: Service

    @property
    def webhook_url(self) -> str:
        return f"{self.url}/webhooks/juicebox"

    async def post(self, body: bytes) -> None:
        """Post a webhook as Juicebox does.

        Raises:
            DemoFailed: unless the bot accepts it.
        """
        headers = {
            HEADER.decode(): sign(body, SECRET.encode()),
            "Content-Type": "application/json",
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.webhook_url, data=body, headers=headers) as answer,
        ):
            status, said = answer.status, await answer.text()
        if status != _OK:
            raise DemoFailed(f"the webhook answered {status}: {said}")

    async def race(self, work: Coroutine[Any, Any, T], *ends: Coroutine[Any, Any, None]) -> T:
        """What `work` gives; it ends at once if one of the bot's processes does."""
        return await race(work, self.web.watch(), self.worker.watch(), *ends)


@asynccontextmanager
async def stage(console: Console) -> AsyncIterator[Stage]:
    """Start everything, tell each step on the console, and end everything in the reverse order.

    Raises:
        NoRedisServer: if there is no redis-server on this machine.
        ServiceDied, DemoFailed: if the bot does not come up.
    """

    def say(step: str) -> None:
        console.say(f"  {step}", Weight.ASIDE)

    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="juicebox-demo-")))
        redis = stack.enter_context(redis_server("--appendonly", "yes"))
        say(f"Redis         {redis.url}")
        slack = await stack.enter_async_context(LocalSlack(token=_TOKEN, messages_per_second=1))
        say(f"Slack         {slack.url}")
        inbox = await stack.enter_async_context(Inbox())
        say(f"Mail server   {inbox.url}")
        store = Store(connect(redis.url, timeout=timedelta(seconds=5)), retention=timedelta(days=1))
        stack.push_async_callback(store.redis.aclose)
        port = free_port()
        environment = _environment(redis.url, slack.url, inbox.url, port)

        async def bot(name: str, *options: str) -> Service:
            command = [sys.executable, "-m", "bot", name, *options]
            program = Program(name, command, environment, folder / f"{name}.log")
            return await stack.enter_async_context(Service.running(program))

        web = await bot("web", "--host", "127.0.0.1")
        worker = await bot("worker")
        ready = Stage(slack, inbox, store, f"http://127.0.0.1:{port}", redis, web, worker)
        await ready.race(_until_ready(ready))
        say(f"Web, worker   {ready.url}")
        yield ready


async def _until_ready(ready: Stage) -> None:
    seen = _UNREACHABLE
    try:
        async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
            while seen := await _why_not_ready(session, ready.url):  # noqa: ASYNC110 - another process gets ready
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise DemoFailed(f"the bot was not ready within {_START_SECONDS} s: {seen}") from None


async def _why_not_ready(session: aiohttp.ClientSession, url: str) -> str:
    """Empty as soon as the bot is ready."""
    try:
        async with session.get(f"{url}/readyz") as answer:
            return "" if answer.status == _OK else await answer.text()
    except aiohttp.ClientError:
        return _UNREACHABLE


def _environment(redis: str, slack: str, smtp: str, port: int) -> Mapping[str, str]:
    """This process's own, without any setting of the bot's and without proxies, and then ours."""
    ours = {name.upper() for name in Settings.model_fields}
    proxies = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
    kept = {k: v for k, v in os.environ.items() if k.upper() not in ours | proxies}
    recruiters, operators = AUDIENCES[Audience.RECRUITERS], AUDIENCES[Audience.OPERATORS]
    return {
        **kept,
        "PYTHONUNBUFFERED": "1",
        "JUICEBOX_WEBHOOK_SECRET": SECRET,
        "JUICEBOX_API_KEY": "jb_live_the_old_one",
        "REDIS_URL": redis,
        "SLACK_BOT_TOKEN": _TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": slack,
        "SLACK_CHANNEL": recruiters[0].address,
        "SLACK_ALERT_CHANNEL": operators[0].address,
        "SMTP_URL": smtp,
        "EMAIL_FROM": "Juicebox <juicebox@example.com>",
        "EMAIL_TO": recruiters[1].address,
        "EMAIL_ALERT_TO": operators[1].address,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
    }
