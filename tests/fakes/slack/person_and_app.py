"""A user of the local Slack, and an app that responds as a test wants."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.signature import SignatureVerifier

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import Person
from bot.fakes.slack.workspace import Post

SECRET = "slack-signing-secret"
Responder = Callable[[], Awaitable[web.Response]]


@dataclass
class App:
    """Receives Slack's requests and responds as the test wants; checks their signatures."""

    respond: Responder
    bodies: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        assert SignatureVerifier(SECRET).is_valid_request(body, dict(request.headers))
        self.bodies.append(body)
        return await self.respond()

    @property
    def fields(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.bodies[-1]).items()}

    @property
    def payload(self) -> dict[str, Any]:
        sent: dict[str, Any] = json.loads(self.fields["payload"])
        return sent


@asynccontextmanager
async def person_and_app(
    slack: LocalSlack,
    respond: Responder,
    timeout: float = 3,  # noqa: ASYNC109 - passed on
) -> AsyncIterator[tuple[Person, App]]:
    app = App(respond)
    server = web.Application()
    server.router.add_post("/slack/events", app.handle)
    async with TestServer(server) as running:
        url = str(running.make_url("/slack/events"))
        async with Person(url, SECRET, slack, "U0RECRUITER", timeout=timeout) as person:
            yield person, app


def responding(given: Any) -> Responder:
    async def respond() -> web.Response:
        return web.json_response(given)

    return respond


async def empty_response() -> web.Response:
    return web.Response()


def ephemeral_messages(slack: LocalSlack) -> list[Post]:
    return list(slack.workspace.ephemeral_messages)
