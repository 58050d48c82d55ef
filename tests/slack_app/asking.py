"""Commands typed by somebody somewhere, the texts of their answers, and what was chosen before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from slack_bolt.async_app import AsyncApp

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_kit import block_errors
from bot.fakes.slack.person import Person
from bot.model import Destination, Transport
from bot.model.subscription import Place, Subscription
from bot.slack_app.endpoint import SlackEndpoint
from bot.store import Store
from tests.factories import NOW, seconds
from tests.slack_app.conftest import Ask, texts
from tests.slack_app.test_local_slack import listening
from tests.slack_app.traffic import SECRET, signed, slash_command

RECRUITER, OPERATOR = "U0RECRUITER", "U0OPERATOR"
ALERTS = Destination(Transport.SLACK, "C0ALERTS")
ME = Destination(Transport.SLACK, RECRUITER)
DIRECT = {"channel_id": "D0RECRUITER", "channel_name": "directmessage"}
"""Where the recruiter writes to the bot."""


async def answer_to(http: httpx.AsyncClient, text: str, **changes: str) -> dict[str, Any]:
    """Type `/juicebox <text>`, with changes to what Slack sends; return what is answered to the asker."""
    body = slash_command(text, **changes)
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert answer.status_code == 200
    message: dict[str, Any] = answer.json()
    assert message["response_type"] == "ephemeral"
    assert block_errors(message.get("blocks", [])) == []
    return message


def asking_as_operator(http: httpx.AsyncClient) -> Ask:
    """Return a function that types `/juicebox <text>` where only operators are told."""

    async def ask_for(text: str) -> dict[str, Any]:
        return await answer_to(http, text, channel_id="C0ALERTS")

    return ask_for


async def lines(http: httpx.AsyncClient, text: str, **changes: str) -> list[str]:
    """Return the answer's lines."""
    message = await answer_to(http, text, **changes)
    return "\n".join(texts(message["blocks"])).split("\n")


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the buttons of a message, in order."""
    rows = (b["elements"] for b in message["blocks"] if b["type"] == "actions")
    return [element for row in rows for element in row]


async def choose(store: Store, to: Destination, **choices: Any) -> None:
    await store.places.edit(to, lambda _: Place(**choices), NOW)


def rule(*types: str, **filters: Any) -> Subscription:
    return Subscription(types or ("*",), OPERATOR, NOW - seconds(60), **filters)


async def of_place(http: httpx.AsyncClient, name: str, text: str, **changes: str) -> list[str]:
    """Return the lines about one of the places."""
    found = await lines(http, f"why {text}", **changes)
    start = found.index(f"*{name}*") + 1
    ends = [i for i, line in enumerate(found) if i >= start and line.startswith(("*", "Event "))]
    others = [i for i, line in enumerate(found) if i >= start and "no subscription." in line]
    return found[start : min([*ends, *others])]


async def here(http: httpx.AsyncClient, text: str = "evt_1", **changes: str) -> list[str]:
    return await of_place(http, "This channel", text, **changes)


@asynccontextmanager
async def person(bolt: AsyncApp, slack: LocalSlack, user: str = RECRUITER) -> AsyncIterator[Person]:
    """Serve the app by HTTP, and yield a user of the local Slack who uses it."""
    app = FastAPI()
    app.add_api_route("/slack/events", SlackEndpoint(bolt, SECRET).handle, methods=["POST"])
    async with (
        listening(app) as url,
        Person(f"{url}/slack/events", SECRET, slack, user) as someone,
    ):
        yield someone


def shown(slack: LocalSlack) -> list[str]:
    """Return the texts of the ephemeral messages, in each of their versions."""
    return [post.text for post in slack.workspace.ephemeral_messages]
