"""Slack's endpoint on an application of its own, with the real renderer, Redis and a local Slack."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.notifications import Notifications
from bot.delivery.subscriptions import variants_of
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_kit import block_errors
from bot.fakes.smtp import Inbox
from bot.model import Audience, Destination, Event, Transport
from bot.registry import load_registry
from bot.slack_app.app import Timeouts, create_bolt
from bot.slack_app.channels import Channels
from bot.slack_app.commands import SlashCommands
from bot.slack_app.context import AppContext
from bot.slack_app.endpoint import SlackEndpoint
from bot.slack_app.people import People
from bot.slack_app.sample_message import SAMPLE_TYPE
from bot.slack_app.status import status_commands
from bot.slack_app.workspace import Workspace
from bot.store import Store
from bot.transports.email.address import to_mailable
from bot.transports.slack.mrkdwn import as_plain_text
from bot.wiring import build_jobs, threads
from bot.worker.jobs import WorkerTasks
from tests.app import MakeSettings
from tests.event_fixtures import POLICY, notifications_of
from tests.factories import MAIL, NOW, SLACK
from tests.renderers import SLACK_RENDERER
from tests.run_jobs import event_job, run_job
from tests.slack_app.traffic import SECRET, signed, slash_command
from tests.slack_app.typed import Chat
from tests.stored_events import accept

Ask = Callable[[str], Awaitable[dict[str, Any]]]
Come = Callable[[Event], Awaitable[None]]
AskText = Callable[[str], Awaitable[str]]


def describe(event: Event) -> str | None:
    said = [variant for n in notifications_of(event) for variant in variants_of(n)]
    return as_plain_text(SLACK_RENDERER.render(said[-1]).text, links=False) if said else None


@pytest.fixture
def client(slack_api: LocalSlack) -> AsyncWebClient:
    """A client with a long timeout, so that a test sees the timeouts of the bot."""
    return AsyncWebClient(
        token="xoxb-test-token", base_url=slack_api.url, retry_handlers=[], timeout=3600
    )


@dataclass
class Clock:
    """A clock that stands still, or fails."""

    now: datetime = NOW
    fails: Exception | None = None

    def __call__(self) -> datetime:
        if self.fails:
            raise self.fails
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(
    store: Store,
    client: AsyncWebClient,
    clock: Clock,
    timeouts: Timeouts,
    make_settings: MakeSettings,
) -> AppContext:
    return AppContext(
        store=store,
        client=client,
        render=SLACK_RENDERER.render_template,
        describe=describe,
        clock=clock,
        workspace=Workspace(client, timeouts.identify_workspace),
        people=People(client),
        channels=Channels(client),
        audiences={
            Audience.RECRUITERS: (SLACK, MAIL),
            Audience.OPERATORS: (Destination(Transport.SLACK, "C0ALERTS"),),
        },
        filters={h.type: h.filters for h in load_registry().by_type.values()},
        aliases=load_registry().aliases,
        notifications=Notifications(load_registry().get, POLICY).of_event,
        sample=load_registry().by_type[SAMPLE_TYPE].sample_at,
        audience_of=load_registry().audience_of,
        thread_of=threads(make_settings()),
        mailable=to_mailable,
    )


@pytest.fixture
async def tasks(
    make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack, inbox: Inbox, clock: Clock
) -> AsyncIterator[WorkerTasks]:
    """The tasks of a worker that has the clock of the Slack app."""
    built = build_jobs(make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url), clock=clock)
    yield built
    await built.close()


@pytest.fixture
def come(tasks: WorkerTasks) -> Come:
    """Return a function that has an event come, and its first job run."""

    async def accept_and_run(event: Event) -> None:
        await accept(tasks.store, event)
        await run_job(tasks, event_job(event.id))

    return accept_and_run


@pytest.fixture
def commands(context: AppContext, timeouts: Timeouts) -> SlashCommands:
    return SlashCommands(context, status_commands(context), timeouts.answer)


@pytest.fixture
def timeouts() -> Timeouts:
    return Timeouts()


@pytest.fixture
def bolt(context: AppContext, timeouts: Timeouts) -> AsyncApp:
    return create_bolt(signing_secret=SECRET, context=context, timeouts=timeouts)


@pytest.fixture
async def http(bolt: AsyncApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client for `POST /slack/events`; an exception that the endpoint lets through fails the test."""
    app = FastAPI()
    app.add_api_route("/slack/events", SlackEndpoint(bolt, SECRET).handle, methods=["POST"])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as requests:
        yield requests


@pytest.fixture
def chat(http: httpx.AsyncClient) -> Chat:
    return Chat(http)


@pytest.fixture
def ask(http: httpx.AsyncClient) -> Ask:
    """Return a function that types `/juicebox <text>` and returns the answer as Slack receives it."""

    async def ask_for(text: str) -> dict[str, Any]:
        body = slash_command(text)
        answer = await http.post("/slack/events", content=body, headers=signed(body))
        assert answer.status_code == 200
        message: dict[str, Any] = answer.json()
        assert message["response_type"] == "ephemeral"
        assert block_errors(message.get("blocks", [])) == []
        return message

    return ask_for


@pytest.fixture
def ask_text(ask: Ask) -> AskText:
    """Like `ask`, but returns the text of the answer's blocks, one line for each piece."""

    async def text_of(text: str) -> str:
        return "\n".join(texts((await ask(text))["blocks"]))

    return text_of


def texts(node: Any) -> list[str]:
    """Return every text that Slack shows, in order."""
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [t for v in node.values() if not isinstance(v, str) for t in texts(v)]
    return [t for item in node for t in texts(item)] if isinstance(node, list) else []
