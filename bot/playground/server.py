"""The playground's server: takes its port, starts everything, and serves until it is stopped."""

import asyncio
import errno
import http.client
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web

from bot.clock import utc_now
from bot.errors import BotError
from bot.fakes.slack.person import Person
from bot.fakes.slack.workspace import BOT_USER, RECRUITER
from bot.http.listening import explain
from bot.model import Destination, Transport
from bot.playground.api import PlaygroundApi
from bot.playground.deployment import SECRET, SIGNING_SECRET, LocalDeployment, local_deployment
from bot.playground.failures import SLACK, SMTP, FailureControls, describe_options
from bot.playground.feed import Feed, FeedItem
from bot.playground.guard import SERVER_NAME
from bot.playground.juicebox import Juicebox
from bot.playground.message_feed import MessageFeed
from bot.playground.pages import Pages
from bot.playground.payloads import SamplePayloads
from bot.playground.timeline import NameOf
from bot.playground.watch import Watch
from bot.registry import load_registry
from bot.transports.terminal.console import Console, Weight

_HOST = "127.0.0.1"
_SHUTDOWN_TIMEOUT = 1
_PROBE_TIMEOUT = 2


class PortTaken(BotError):
    """The page's port is not available; the message says why, and what to do."""


async def serve_playground(console: Console, port: int) -> int:
    """Serve the page until it is stopped; port 0 takes any free port.

    Raises:
        PortTaken: if the page cannot be served at this port.
        PlaygroundFailed, NoRedisServer, ServiceDied: if the bot does not start, or dies.
    """
    listener = _listen(port)
    console.say("Starting", Weight.HEADLINE)
    with listener:
        async with (
            local_deployment(console) as deployment,
            _serve_pages(deployment, listener) as followers,
        ):
            console.say(f"Open http://{_HOST}:{listener.getsockname()[1]}", Weight.HEADLINE)
            console.say(f"  webhook  {deployment.webhook_url}", Weight.ASIDE)
            console.say(f"  secret   {SECRET}", Weight.ASIDE)
            console.say("Press Ctrl-C to stop everything.")
            await deployment.run_until(asyncio.Event().wait(), *followers)
    return 0


@asynccontextmanager
async def _serve_pages(
    deployment: LocalDeployment, listener: socket.socket
) -> AsyncIterator[Sequence[Coroutine[Any, Any, None]]]:
    """Serve the page, and yield the coroutines that keep it up to date."""
    feed = Feed()
    samples = SamplePayloads(load_registry())
    async with AsyncExitStack() as stack:
        juicebox = await stack.enter_async_context(Juicebox(deployment.webhook_url, SECRET, feed))
        person = await stack.enter_async_context(
            Person(f"{deployment.url}/slack/events", SIGNING_SECRET, deployment.slack, RECRUITER)
        )
        watch = Watch(deployment.store, feed, juicebox.postings, _destination_names(deployment))
        juicebox.on_response = watch.wake
        messages = MessageFeed(deployment, feed, watch)
        failures = FailureControls(deployment, feed)
        failures.on_kill = watch.killed
        stack.push_async_callback(failures.wait_for_changes)
        api = PlaygroundApi(samples, juicebox, person, failures, deployment.store)
        pages = Pages(
            feed, api, messages.mails, lambda: _hello(deployment, samples), deployment.url
        )
        runner = web.AppRunner(
            pages.application(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_TIMEOUT,
        )
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        stack.callback(_close, feed)
        yield [watch.run(), *messages.followers()]


def _close(feed: Feed) -> None:
    feed.publish("stopped", "")
    feed.close()


def _hello(deployment: LocalDeployment, samples: SamplePayloads) -> FeedItem:
    """Return the first record of a page; its samples have the time at which the page is opened."""
    people = deployment.slack.workspace.people
    return {
        "webhook_url": deployment.webhook_url,
        "slack_url": deployment.slack.url,
        "samples": [{"type": name, "data": data} for name, data in samples.data(utc_now()).items()],
        "faults": {"slack": describe_options(SLACK), "smtp": describe_options(SMTP)},
        "person": {"id": RECRUITER, "name": people[RECRUITER]},
        "bot": {"id": BOT_USER, "name": people[BOT_USER]},
    }


def _destination_names(deployment: LocalDeployment) -> NameOf:
    def name_of(destination: Destination) -> str:
        channel = deployment.slack.workspace.conversations.get(destination.address)
        if destination.transport is Transport.SLACK and channel is not None and channel.name:
            return f"#{channel.name}"
        return destination.address

    return name_of


def _listen(port: int) -> socket.socket:
    """Return a listening socket; this comes before anything is started.

    Raises:
        PortTaken: if the port is not available.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise PortTaken(_explain(port, error)) from None
    return listener


def _explain(port: int, error: OSError) -> str:
    options = '--port: make demo ARGS="--port 0" finds a free one'
    if error.errno == errno.EADDRINUSE and _is_playground(port):
        return (
            f"the playground is already running: open http://{_HOST}:{port}, or stop it first,"
            f" or choose another port with {options}"
        )
    return explain(_HOST, port, error, options)


def _is_playground(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=_PROBE_TIMEOUT)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().getheader("Server") == SERVER_NAME
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
