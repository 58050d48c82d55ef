"""The playground from its start to its end: takes its port, starts everything, and stays."""

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
from bot.playground.bodies import Bodies
from bot.playground.control import Control
from bot.playground.feed import Feed, FeedItem
from bot.playground.guard import NAME
from bot.playground.juicebox import Juicebox
from bot.playground.news import News
from bot.playground.site import Site
from bot.playground.stage import SECRET, SIGNING_SECRET, Stage, stage
from bot.playground.timeline import Where
from bot.playground.watch import Watch
from bot.playground.weather import SLACK, SMTP, Weather, described
from bot.registry import load_registry
from bot.transports.terminal.console import Console
from bot.transports.terminal.lines import Weight

_HOST = "127.0.0.1"
_GOODBYE_SECONDS = 1
_ASK_SECONDS = 2


class PortTaken(BotError):
    """Something else listens where the page would be; the text says what, and what to do."""


async def serve_playground(console: Console, port: int) -> int:
    """Serve the page until somebody stops it; port 0 takes any that is free.

    Raises:
        PortTaken: if the page cannot be served there.
        DemoFailed, NoRedisServer, ServiceDied: if the bot does not come up, or dies.
    """
    listener = _listener(port)
    console.say("Starting", Weight.HEADLINE)
    with listener:
        async with stage(console) as on, _site(on, listener) as followers:
            console.say(f"Open http://{_HOST}:{listener.getsockname()[1]}", Weight.HEADLINE)
            console.say(f"  webhook  {on.webhook_url}", Weight.ASIDE)
            console.say(f"  secret   {SECRET}", Weight.ASIDE)
            console.say("Ctrl-C ends everything.")
            await on.race(asyncio.Event().wait(), *followers)
    return 0


@asynccontextmanager
async def _site(
    on: Stage, listener: socket.socket
) -> AsyncIterator[Sequence[Coroutine[Any, Any, None]]]:
    """The page, answering; what is yielded keeps it up to date."""
    feed = Feed()
    bodies = Bodies(load_registry())
    async with AsyncExitStack() as stack:
        juicebox = await stack.enter_async_context(Juicebox(on.webhook_url, SECRET, feed))
        person = await stack.enter_async_context(
            Person(f"{on.url}/slack/events", SIGNING_SECRET, on.slack, RECRUITER)
        )
        watch = Watch(on.store, feed, juicebox.postings, _where(on))
        juicebox.answered = watch.wake
        news = News(on, feed, watch)
        weather = Weather(on, feed)
        weather.killed = watch.killed
        stack.push_async_callback(weather.settle)
        control = Control(bodies, juicebox, person, weather, on.store)
        site = Site(feed, control, news.mails, lambda: _hello(on, bodies))
        runner = web.AppRunner(
            site.application(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_GOODBYE_SECONDS,
        )
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        stack.callback(_say_goodbye, feed)
        yield [watch.run(), *news.followers()]


def _say_goodbye(feed: Feed) -> None:
    feed.tell("stopped", "")
    feed.end()


def _hello(on: Stage, bodies: Bodies) -> FeedItem:
    """What a page is told first; its samples are of the moment in which it is opened."""
    people = on.slack.workspace.people
    samples = bodies.data(utc_now())
    return {
        "webhook_url": on.webhook_url,
        "slack_url": on.slack.url,
        "samples": [{"type": name, "data": data} for name, data in samples.items()],
        "faults": {"slack": described(SLACK), "smtp": described(SMTP)},
        "person": {"id": RECRUITER, "name": people[RECRUITER]},
        "bot": {"id": BOT_USER, "name": people[BOT_USER]},
    }


def _where(on: Stage) -> Where:
    def where(destination: Destination) -> str:
        channel = on.slack.workspace.conversations.get(destination.address)
        if destination.transport is Transport.SLACK and channel is not None and channel.name:
            return f"#{channel.name}"
        return destination.address

    return where


def _listener(port: int) -> socket.socket:
    """A socket that nobody else has, taken before anything is started.

    Raises:
        PortTaken: if somebody has.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen()
    except OSError as fault:
        listener.close()
        raise PortTaken(_why_not(port, fault)) from None
    return listener


def _why_not(port: int, fault: OSError) -> str:
    options = '--port: make demo ARGS="--port 0" finds a free one'
    if fault.errno == errno.EADDRINUSE and _is_playground(port):
        other = f"choose another port with {options}"
        return f"a demo runs already: open http://{_HOST}:{port}, or end it first, or {other}"
    return explain(_HOST, port, fault, options)


def _is_playground(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=_ASK_SECONDS)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().getheader("Server") == NAME
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
