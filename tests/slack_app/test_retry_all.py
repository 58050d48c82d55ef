"""`/juicebox retry all`: asks first, and its button works once."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from slack_bolt.async_app import AsyncApp

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.block_ids import interactive_elements
from bot.fakes.slack.person import NotFound, Person
from bot.fakes.slack.workspace import Profile
from bot.model import EventState
from bot.slack_app.context import AppContext
from bot.slack_app.operating import RETRY_ALL
from bot.store import Store
from bot.store.queue import QUEUE
from tests.factories import NOW, seconds
from tests.slack_app.asking import person, shown
from tests.slack_app.test_actions import pressed
from tests.slack_app.traffic import signed
from tests.stored_events import accept, dead_letter, read, rewrite


@pytest.fixture
async def recruiter(bolt: AsyncApp, slack_api: LocalSlack) -> AsyncIterator[Person]:
    async with person(bolt, slack_api) as someone:
        yield someone


@pytest.fixture
async def dead(store: Store) -> Store:
    """A store with three dead letters."""
    for n in range(3):
        await accept(store, f"evt_{n}", NOW + seconds(n))
        await dead_letter(store, f"evt_{n}")
    return store


async def press(recruiter: Person, slack: LocalSlack) -> None:
    """Press the button of the latest ephemeral message."""
    *_, latest = slack.workspace.ephemeral_messages
    [button] = interactive_elements(latest.blocks)
    action_id = button.given["action_id"]
    assert button.given["text"]["text"].startswith("Retry all ")
    await recruiter.press("C0RECRUIT", latest.ts, button.block_id, action_id)


async def test_nothing_is_retried_before_the_button_is_pressed(
    recruiter: Person, slack_api: LocalSlack, dead: Store
) -> None:
    await recruiter.say("C0RECRUIT", "/juicebox retry all")
    assert shown(slack_api) == [
        (
            "3 messages could not be sent. Shall I send them all again? What has arrived is never sent"
            " twice."
        )
    ]
    assert len(await dead.dead_letters(NOW)) == 3


async def test_the_button_retries_all_and_disappears(
    recruiter: Person, slack_api: LocalSlack, dead: Store, context: AppContext
) -> None:
    await recruiter.say("C0RECRUIT", "/juicebox retry all")
    await press(recruiter, slack_api)
    await context.background.finish()
    assert shown(slack_api)[1:] == [
        "⏳ I am sending 3 messages again …",
        "🔁 3 messages are sent again. How it goes: `/juicebox status`",
    ]
    first, *_, last = slack_api.workspace.ephemeral_messages
    assert first.ts == last.ts
    assert list(interactive_elements(last.blocks)) == []
    assert [(await read(dead, f"evt_{n}")).state for n in range(3)] == [EventState.ACCEPTED] * 3
    with pytest.raises(NotFound):
        await recruiter.press("C0RECRUIT", last.ts, "b", RETRY_ALL)


async def test_a_second_press_does_nothing_more(
    http: httpx.AsyncClient, dead: Store, slack_api: LocalSlack, context: AppContext
) -> None:
    """Slack may deliver two presses in a row, before the button is gone."""
    for _ in range(2):
        body = pressed(RETRY_ALL, response_url=slack_api.response_url("C0RECRUIT"))
        answer = await http.post("/slack/events", content=body, headers=signed(body))
        assert (answer.status_code, answer.content) == (200, b"")
    await context.background.finish()
    assert await dead.redis.zcard(QUEUE) == 3 + 3  # and as many reports
    assert [step.what for step in (await read(dead, "evt_0")).trail].count("retried by hand") == 1


async def test_what_cannot_be_retried_is_counted(
    recruiter: Person, slack_api: LocalSlack, dead: Store, redis: Redis, context: AppContext
) -> None:
    await rewrite(redis, "event", "evt_1", state="?")
    await recruiter.say("C0RECRUIT", "/juicebox retry all")
    await press(recruiter, slack_api)
    await context.background.finish()
    assert shown(slack_api)[-1] == (
        "🔁 2 messages are sent again. 1 could not be: `/juicebox failed` lists what is left. How it"
        " goes: `/juicebox status`"
    )


async def test_who_may_not_gets_a_sentence(
    recruiter: Person, slack_api: LocalSlack, dead: Store, context: AppContext
) -> None:
    """The recruiter has become a guest since the question."""
    await recruiter.say("C0RECRUIT", "/juicebox retry all")
    slack_api.workspace.profiles["U0RECRUITER"] = Profile(is_guest=True)
    context.people._known.clear()
    await press(recruiter, slack_api)
    await context.background.finish()
    assert shown(slack_api)[-1].startswith("That is for the people who look after me")
    assert len(await dead.dead_letters(NOW)) == 3


async def test_all_is_retried_although_slack_does_not_take_the_answer(
    http: httpx.AsyncClient, dead: Store, context: AppContext
) -> None:
    body = pressed(RETRY_ALL, response_url="http://127.0.0.1:1/")
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert answer.status_code == 200
    await context.background.finish()
    assert await dead.dead_letters(NOW) == []


@pytest.mark.parametrize(
    "changes", [{"user": {}}, {"channel": None}, {"response_url": 7}, {"user": "U0RECRUITER"}]
)
async def test_a_malformed_press_is_refused(
    http: httpx.AsyncClient, dead: Store, changes: dict[str, Any]
) -> None:
    body = pressed(RETRY_ALL, **changes)
    answer = await http.post("/slack/events", content=body, headers=signed(body))
    assert answer.status_code == 400
    assert len(await dead.dead_letters(NOW)) == 3
