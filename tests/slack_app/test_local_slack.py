"""A user of the local Slack, and the real endpoint and Bolt app, connected by HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from slack_bolt.async_app import AsyncApp

from bot.clock import utc_now
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import Person
from bot.slack_app.endpoint import SlackEndpoint
from bot.store import Store
from tests.factories import body_of, make_event
from tests.slack_app.conftest import texts
from tests.slack_app.traffic import SECRET


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """Serve the application, and yield its address."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(
        ("127.0.0.1", 0)
    ) as listener:  # connections wait until the server runs
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@pytest.fixture
async def recruiter(bolt: AsyncApp, slack_api: LocalSlack) -> AsyncIterator[Person]:
    app = FastAPI()
    app.add_api_route("/slack/events", SlackEndpoint(bolt, SECRET).handle, methods=["POST"])
    async with (
        listening(app) as url,
        Person(f"{url}/slack/events", SECRET, slack_api, "U0RECRUITER") as person,
    ):
        yield person


async def test_a_command_is_answered_to_the_user_who_typed_it(
    recruiter: Person, slack_api: LocalSlack, store: Store
) -> None:
    event = make_event("evt_<1>", timestamp=utc_now())
    await store.events.accept(event, body_of(event), utc_now())
    await recruiter.say("C0RECRUIT", "/juicebox status evt_<1>")
    [answer] = slack_api.workspace.ephemeral_messages
    assert (answer.user, answer.channel) == ("U0BOT", "C0RECRUIT")
    assert "evt_&lt;1&gt;" in "\n".join(texts([*answer.blocks]))
    assert slack_api.posts == []
