"""Commands typed by anyone anywhere, and the answers as Slack shows them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_kit import block_errors
from bot.fakes.slack.workspace import Profile
from bot.slack_app.app import create_bolt
from bot.slack_app.context import AppContext
from bot.slack_app.endpoint import SlackEndpoint
from tests.slack_app.traffic import SECRET, signed, slash_command

RECRUITER, OPERATOR = "U0RECRUITER", "U0OPERATOR"
DIRECT = "D0RECRUITER"


@dataclass(frozen=True)
class Typed:
    """An answer: its lines, and whether the whole channel sees it."""

    lines: list[str]
    in_channel: bool
    message: dict[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Chat:
    http: httpx.AsyncClient

    async def type(self, text: str, user: str = RECRUITER, channel: str = "C0RECRUIT") -> Typed:
        """Type `/juicebox <text>`; the answer must be one that Slack accepts."""
        body = slash_command(text, user_id=user, channel_id=channel)
        answer = await self.http.post("/slack/events", content=body, headers=signed(body))
        assert answer.status_code == 200
        message = answer.json()
        assert block_errors(message["blocks"]) == []
        assert 0 < len(message["text"]) <= 4000
        lines = "\n".join(_texts(message["blocks"])).split("\n")
        return Typed(lines, message["response_type"] == "in_channel", message)

    async def tell(self, **event: Any) -> httpx.Response:
        """Send an event as Slack does, with the fields that matter."""
        body = json.dumps(
            {
                "type": "event_callback",
                "team_id": "T0JUICEBOX",
                "api_app_id": "A0JUICEBOX",
                "event_id": "Ev0001",
                "event": event,
            }
        ).encode()
        headers = signed(body) | {"Content-Type": "application/json"}
        return await self.http.post("/slack/events", content=body, headers=headers)


@asynccontextmanager
async def chat_with(context: AppContext) -> AsyncIterator[Chat]:
    """Yield a chat with a bot that has another context."""
    bolt = create_bolt(signing_secret=SECRET, context=context)
    app = FastAPI()
    app.add_api_route("/slack/events", SlackEndpoint(bolt, SECRET).handle, methods=["POST"])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
        yield Chat(http)


def add_person(slack_api: LocalSlack, user: str, profile: Profile) -> str:
    """Add somebody to the workspace."""
    slack_api.workspace.people[user] = user.lower()
    slack_api.workspace.profiles[user] = profile
    return user


def remove_scope(slack_api: LocalSlack, name: str) -> None:
    slack_api.scopes = tuple(scope for scope in slack_api.scopes if scope != name)


def _texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["text"]] if isinstance(node.get("text"), str) else []
        return own + [t for v in node.values() if not isinstance(v, str) for t in _texts(v)]
    return [t for item in node for t in _texts(item)] if isinstance(node, list) else []
