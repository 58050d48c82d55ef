"""A local deployment of the bot: its own Redis, Slack and mail server, and its real processes."""

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
from bot.playground.cancellation import run_until
from bot.playground.service import Program, Service
from bot.settings import Settings
from bot.store import Store
from bot.store.connection import connect
from bot.transports.terminal.console import Console, Weight

SECRET = "whsec_demo"  # noqa: S105 - valid in this deployment only
SIGNING_SECRET = "playground-signing-secret"  # noqa: S105 - valid in this deployment only
PUBLIC_URL = "https://juicebox-bot.example.com"
"""Nothing answers there; it is https, so that emails have a link to unsubscribe."""
_TOKEN = "xoxb-playground"  # noqa: S105 - valid in this deployment only
_START_TIMEOUT = 120.0
_READY_POLL_INTERVAL = 0.05
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


class PlaygroundFailed(BotError):
    """The playground does not work on this machine; the message says what was observed."""


@dataclass(frozen=True, slots=True)
class LocalDeployment:
    """The running servers and processes."""

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
            PlaygroundFailed: if the bot does not accept it.
        """
        headers = {
            HEADER.decode(): sign(body, SECRET.encode()),
            "Content-Type": "application/json",
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.webhook_url, data=body, headers=headers) as response,
        ):
            status, text = response.status, await response.text()
        if status != _OK:
            raise PlaygroundFailed(f"the webhook answered {status}: {text}")

    async def run_until(self, work: Coroutine[Any, Any, T], *stops: Coroutine[Any, Any, None]) -> T:
        """Return the result of `work`; raise at once if one of the bot's processes ends."""
        return await run_until(work, self.web.watch(), self.worker.watch(), *stops)


@asynccontextmanager
async def local_deployment(
    console: Console, *, start_timeout: float = _START_TIMEOUT
) -> AsyncIterator[LocalDeployment]:
    """Start everything, print each step, and stop everything in reverse order at the end.

    `start_timeout` is in seconds.

    Raises:
        NoRedisServer: if there is no redis-server on this machine.
        ServiceDied, PlaygroundFailed: if the bot does not start.
    """

    def print_step(step: str) -> None:
        console.say(f"  {step}", Weight.ASIDE)

    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="juicebox-playground-"))
        )
        redis = stack.enter_context(redis_server("--appendonly", "yes"))
        print_step(f"Redis         {redis.url}")
        slack = await stack.enter_async_context(LocalSlack(token=_TOKEN, messages_per_second=1))
        print_step(f"Slack         {slack.url}")
        inbox = await stack.enter_async_context(Inbox())
        print_step(f"Mail server   {inbox.url}")
        store = Store(connect(redis.url, timeout=timedelta(seconds=5)), retention=timedelta(days=1))
        stack.push_async_callback(store.redis.aclose)
        port = free_port()
        environment = _environment(redis.url, slack.url, inbox.url, port)

        async def start(name: str, *options: str) -> Service:
            command = [sys.executable, "-m", "bot", name, *options]
            program = Program(name, command, environment, folder / f"{name}.log")
            return await stack.enter_async_context(Service.running(program))

        web = await start("web", "--host", "127.0.0.1")
        worker = await start("worker")
        url = f"http://127.0.0.1:{port}"
        deployment = LocalDeployment(slack, inbox, store, url, redis, web, worker)
        await deployment.run_until(_wait_until_ready(url, start_timeout))
        print_step(f"Web, worker   {url}")
        yield deployment


async def _wait_until_ready(url: str, timeout: float) -> None:  # noqa: ASYNC109 - becomes part of the error
    problem = _UNREACHABLE
    try:
        async with asyncio.timeout(timeout), aiohttp.ClientSession() as session:
            while problem := await _readiness_problem(session, url):  # noqa: ASYNC110 - another process gets ready
                await asyncio.sleep(_READY_POLL_INTERVAL)
    except TimeoutError:
        raise PlaygroundFailed(f"the bot was not ready within {timeout:g} s: {problem}") from None


async def _readiness_problem(session: aiohttp.ClientSession, url: str) -> str:
    """Return why the bot is not ready, or an empty string once it is."""
    try:
        async with session.get(f"{url}/readyz") as response:
            return "" if response.status == _OK else await response.text()
    except aiohttp.ClientError:
        return _UNREACHABLE


def _environment(redis: str, slack: str, smtp: str, port: int) -> Mapping[str, str]:
    """Return this process's environment without proxies and with every setting of the bot replaced."""
    settings = {name.upper() for name in Settings.model_fields}
    proxies = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
    inherited = {k: v for k, v in os.environ.items() if k.upper() not in settings | proxies}
    recruiters, operators = AUDIENCES[Audience.RECRUITERS], AUDIENCES[Audience.OPERATORS]
    return {
        **inherited,
        "PYTHONUNBUFFERED": "1",
        "JUICEBOX_WEBHOOK_SECRET": SECRET,
        "JUICEBOX_API_KEY": "jb_live_the_old_one",
        "REDIS_URL": redis,
        "SEARCH_URL_TEMPLATE": "https://app.example.com/searches/{searchId}",
        "SLACK_BOT_TOKEN": _TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": slack,
        "SLACK_CHANNEL": recruiters[0].address,
        "SLACK_ALERT_CHANNEL": operators[0].address,
        "SMTP_URL": smtp,
        "EMAIL_FROM": "Juicebox <juicebox@example.com>",
        "EMAIL_TO": recruiters[1].address,
        "EMAIL_ALERT_TO": operators[1].address,
        "PUBLIC_URL": PUBLIC_URL,
        "PORT": str(port),
    }
