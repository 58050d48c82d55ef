"""The Slack door on an application of its own, with the real renderer, Redis and a local Slack."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_kit import complaints
from bot.model import Notification
from bot.rendering.templates import context_of
from bot.slack_app.app import create_bolt
from bot.slack_app.commands import SlashCommands
from bot.slack_app.endpoint import SlackEndpoint
from bot.store import Store
from tests.factories import NOW
from tests.renderers import SLACK_RENDERER
from tests.slack_app.traffic import SECRET, signed, slash_command

Ask = Callable[[str], Awaitable[dict[str, Any]]]
Say = Callable[[str], Awaitable[str]]


def describe(notification: Notification) -> str:
    return SLACK_RENDERER.render_template(notification.template, context_of(notification, NOW)).text


@pytest.fixture
def client(slack_api: LocalSlack) -> AsyncWebClient:
    """Its own time limit never comes, so that a test sees those of the bot."""
    return AsyncWebClient(
        token="xoxb-test-token", base_url=slack_api.url, retry_handlers=[], timeout=3600
    )


@dataclass
class Clock:
    """Stands still, or fails."""

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
def commands(store: Store, clock: Clock) -> SlashCommands:
    return SlashCommands(
        store=store, render=SLACK_RENDERER.render_template, describe=describe, clock=clock
    )


@pytest.fixture
def bolt(store: Store, client: AsyncWebClient, clock: Clock) -> AsyncApp:
    return create_bolt(
        signing_secret=SECRET,
        client=client,
        store=store,
        render=SLACK_RENDERER.render_template,
        describe=describe,
        clock=clock,
    )


@pytest.fixture
async def http(bolt: AsyncApp) -> AsyncIterator[httpx.AsyncClient]:
    """Requests to `POST /slack/events`; an exception that gets out of the door fails the test."""
    app = FastAPI()
    app.add_api_route("/slack/events", SlackEndpoint(bolt, SECRET).handle, methods=["POST"])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as requests:
        yield requests


@pytest.fixture
def ask(http: httpx.AsyncClient) -> Ask:
    """The answer to `/juicebox <text>` as Slack gets it."""

    async def answer_to(text: str) -> dict[str, Any]:
        body = slash_command(text)
        answer = await http.post("/slack/events", content=body, headers=signed(body))
        assert answer.status_code == 200
        said: dict[str, Any] = answer.json()
        assert said["response_type"] == "ephemeral"
        assert complaints(said.get("blocks", [])) == []
        return said

    return answer_to


@pytest.fixture
def say(ask: Ask) -> Say:
    """Everything that one reads in the answer, one line for each piece of text."""

    async def text_of(text: str) -> str:
        return "\n".join(texts((await ask(text))["blocks"]))

    return text_of


def texts(node: Any) -> list[str]:
    """Every text that Slack shows, in order."""
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [t for v in node.values() if not isinstance(v, str) for t in texts(v)]
    return [t for item in node for t in texts(item)] if isinstance(node, list) else []
