"""A person who uses the Home tab of the local Slack, against the real endpoint and Bolt app."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from slack_bolt.async_app import AsyncApp

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_ids import Element, interactive_elements
from bot.fakes.slack.modals import Modal
from bot.fakes.slack.person import HOME, Person
from bot.fakes.slack.state import Value
from bot.slack_app.endpoint import SlackEndpoint
from bot.store import Store
from bot.store.queue import HEARTBEAT
from tests.slack_app.conftest import texts
from tests.slack_app.test_local_slack import listening
from tests.slack_app.traffic import SECRET


@dataclass
class Visitor:
    """Opens the Home tab, and presses what is in it."""

    person: Person
    slack: LocalSlack
    user: str

    async def open(self) -> str:
        """Open the tab, and return its text."""
        await self.person.open_home()
        return self.text

    @property
    def view(self) -> Mapping[str, Any]:
        home = self.slack.workspace.home_of(self.user)
        assert home is not None
        return home.view

    @property
    def text(self) -> str:
        return "\n".join(texts(self.view["blocks"]))

    @property
    def elements(self) -> list[Element]:
        return list(interactive_elements(self.view["blocks"]))

    @property
    def labels(self) -> list[str]:
        """The labels of all buttons."""
        return [e.given["text"]["text"] for e in self.elements if e.given["type"] == "button"]

    async def press(self, action: str, value: Value = None, nth: int = 0) -> str:
        """Press or choose the nth element with this action id; return the text of the tab then."""
        found = [element for element in self.elements if element.given["action_id"] == action]
        block_id, action_id = found[nth].id
        await self.person.press(HOME, None, block_id, action_id, value)
        return self.text

    async def submit(self, **values: Value) -> None:
        await self.person.submit({name: {name: value} for name, value in values.items()})

    @property
    def modal(self) -> Modal | None:
        return self.slack.workspace.modals.of(self.user)

    @property
    def modal_text(self) -> str:
        assert self.modal is not None
        return "\n".join(texts(self.modal.view["blocks"]))


@asynccontextmanager
async def visiting(
    bolt: AsyncApp, slack: LocalSlack, user: str = "U0RECRUITER"
) -> AsyncIterator[Visitor]:
    app = FastAPI()
    app.add_api_route("/slack/events", SlackEndpoint(bolt, SECRET).handle, methods=["POST"])
    async with (
        listening(app) as url,
        Person(f"{url}/slack/events", SECRET, slack, user, timeout=60) as person,
    ):
        yield Visitor(person, slack, user)


async def run_worker(store: Store) -> None:
    """Have the store say that a worker is running."""
    await store.redis.set(HEARTBEAT, "alive")
