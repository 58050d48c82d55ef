"""What a person does in the local Slack reaches the bot as Slack would send it, and its answer is seen."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.signature import SignatureVerifier

from bot.demo.slack import person as module
from bot.demo.slack.api import LocalSlack
from bot.demo.slack.person import NotThere, Person
from bot.demo.slack.workspace import Post

SECRET = "slack-signing-secret"
BUTTON = {
    "type": "button",
    "action_id": "again",
    "text": {"type": "plain_text", "text": "Again"},
    "value": "evt_1",
}
MENU = {
    "type": "static_select",
    "options": [
        {"text": {"type": "plain_text", "text": word}, "value": word} for word in ("one", "two")
    ],
}
ACTIONS = [{"type": "divider"}, {"type": "actions", "elements": [BUTTON, MENU]}]
Answering = Callable[[], Awaitable[web.Response]]


@dataclass
class App:
    """Takes Slack's requests, and answers as a test says; an unsigned one fails the test."""

    answer: Answering
    bodies: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        assert SignatureVerifier(SECRET).is_valid_request(body, dict(request.headers))
        self.bodies.append(body)
        return await self.answer()

    @property
    def fields(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.bodies[-1]).items()}

    @property
    def payload(self) -> dict[str, Any]:
        sent: dict[str, Any] = json.loads(self.fields["payload"])
        return sent


@asynccontextmanager
async def at_work(slack: LocalSlack, answer: Answering) -> AsyncIterator[tuple[Person, App]]:
    app = App(answer)
    server = web.Application()
    server.router.add_post("/slack/events", app.handle)
    async with TestServer(server) as running:
        url = str(running.make_url("/slack/events"))
        async with Person(url, SECRET, slack, "U0RECRUITER") as person:
            yield person, app


def saying(given: Any) -> Answering:
    async def answer() -> web.Response:
        return web.json_response(given)

    return answer


async def nothing() -> web.Response:
    return web.Response()


def whispers(slack: LocalSlack) -> list[Post]:
    return list(slack.workspace.whispers)


async def test_what_is_typed_is_said(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, nothing) as (person, app):
        await person.say("C0RECRUIT", "hello")
        assert app.bodies == []
    [post] = slack_api.posts
    assert (post.channel, post.text, post.user) == ("C0RECRUIT", "hello", "U0RECRUITER")


async def test_a_command_is_sent_with_all_its_fields(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, saying({"text": "an answer"})) as (person, app):
        await person.say("C0RECRUIT", "/juicebox  status evt_1 ")
        sent = app.fields
    assert {name: sent[name] for name in ("command", "text", "channel_id", "channel_name")} == {
        "command": "/juicebox",
        "text": "status evt_1",
        "channel_id": "C0RECRUIT",
        "channel_name": "recruiting",
    }
    assert (sent["user_id"], sent["team_id"]) == ("U0RECRUITER", "T0JUICEBOX")
    [shown] = whispers(slack_api)
    assert (shown.channel, shown.text, shown.user) == ("C0RECRUIT", "an answer", "U0BOT")
    assert slack_api.posts == []


async def test_an_answer_for_all_is_posted(slack_api: LocalSlack) -> None:
    answer = {"response_type": "in_channel", "text": "for all", "blocks": [{"type": "divider"}]}
    async with at_work(slack_api, saying(answer)) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [post] = slack_api.posts
    assert (post.text, whispers(slack_api)) == ("for all", [])


async def test_no_answer_shows_nothing(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, nothing) as (person, _):
        await person.say("C0RECRUIT", "/juicebox status")
    assert (slack_api.posts, whispers(slack_api)) == ([], [])


async def test_plain_text_is_an_answer_too(slack_api: LocalSlack) -> None:
    async def plain() -> web.Response:
        return web.Response(text="plain words")

    async with at_work(slack_api, plain) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    assert [w.text for w in whispers(slack_api)] == ["plain words"]


async def test_a_command_of_no_app_is_answered_by_slackbot(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, nothing) as (person, app):
        await person.say("C0RECRUIT", "/juicer status")
        assert app.bodies == []
    [shown] = whispers(slack_api)
    assert shown.text.startswith("/juicer is not a valid command.")
    assert shown.user == "USLACKBOT"


async def test_a_bot_that_answers_an_error_is_told_of(slack_api: LocalSlack) -> None:
    async def broken() -> web.Response:
        return web.Response(status=500)

    async with at_work(slack_api, broken) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [shown] = whispers(slack_api)
    assert shown.text == '/juicebox failed with the error "dispatch_failed, status 500"'


async def test_a_bot_that_takes_too_long_is_told_of(
    slack_api: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging() -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    monkeypatch.setattr(module, "_PATIENCE", aiohttp.ClientTimeout(total=0.05))
    async with at_work(slack_api, hanging) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    [shown] = whispers(slack_api)
    assert shown.text == '/juicebox failed with the error "operation_timeout"'


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"text": "", "blocks": []}, "no_text"),
        ({"text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"response_type": "loud", "text": "x"}, "invalid_payload"),
    ],
)
async def test_an_answer_that_slack_would_refuse_is_refused(
    slack_api: LocalSlack, answer: dict[str, Any], error: str
) -> None:
    async with at_work(slack_api, saying(answer)) as (person, _):
        await person.say("C0RECRUIT", "/juicebox")
    assert [w.text for w in whispers(slack_api)] == [f'/juicebox failed with the error "{error}"']


async def test_a_button_says_which_it_is_and_where(slack_api: LocalSlack) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
    async with at_work(slack_api, nothing) as (person, app):
        await person.press("C0RECRUIT", post.ts, "b1", "again")
        sent = app.payload
    [action] = sent["actions"]
    assert {name: action[name] for name in ("type", "block_id", "action_id", "value")} == {
        "type": "button",
        "block_id": "b1",
        "action_id": "again",
        "value": "evt_1",
    }
    assert (sent["type"], sent["user"]["id"], sent["team"]["id"]) == (
        "block_actions",
        "U0RECRUITER",
        "T0JUICEBOX",
    )
    assert (sent["channel"]["id"], sent["message"]["ts"]) == ("C0RECRUIT", post.ts)


async def test_a_menu_says_what_was_chosen(slack_api: LocalSlack) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "choose", blocks=ACTIONS)
    async with at_work(slack_api, nothing) as (person, app):
        await person.press("C0RECRUIT", post.ts, "b1", "b1a1", "two")
        [action] = app.payload["actions"]
    assert action["selected_option"]["value"] == "two"


async def test_a_button_of_an_answer_and_of_the_home_tab_can_be_pressed(
    slack_api: LocalSlack,
) -> None:
    shown = slack_api.workspace.whisper("C0RECRUIT", "an answer", blocks=ACTIONS)
    slack_api.workspace.publish("U0RECRUITER", {"type": "home", "blocks": ACTIONS})
    async with at_work(slack_api, nothing) as (person, app):
        await person.press("C0RECRUIT", shown.ts, "b1", "again")
        assert app.payload["container"]["type"] == "message"
        await person.press("home", None, "b1", "again")
        assert app.payload["view"]["type"] == "home"
        assert "message" not in app.payload


async def test_the_bot_may_answer_a_button_later(slack_api: LocalSlack) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
    async with at_work(slack_api, nothing) as (person, app):
        await person.press("C0RECRUIT", post.ts, "b1", "again")
        url = app.payload["response_url"]
    async with aiohttp.ClientSession() as session:
        for _ in range(5):
            async with session.post(url, json={"text": "later"}) as answer:
                assert (answer.status, await answer.text()) == (200, "ok")
        async with session.post(url, json={"text": "too often"}) as answer:
            assert (await answer.json())["error"] == "used_url"
        async with session.post(url + "x", json={"text": "where?"}) as answer:
            assert (await answer.json())["error"] == "invalid_url"
    assert [w.text for w in whispers(slack_api)] == ["later"] * 5


async def test_a_button_that_is_not_answered_shows_a_warning(slack_api: LocalSlack) -> None:
    async def broken() -> web.Response:
        return web.Response(status=500)

    post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
    async with at_work(slack_api, broken) as (person, _):
        await person.press("C0RECRUIT", post.ts, "b1", "again")
        await person.open_home()
    assert [w.channel for w in whispers(slack_api)] == ["C0RECRUIT", "D0RECRUITER"]
    assert "dispatch_failed" in whispers(slack_api)[0].text


async def test_opening_the_home_tab_is_an_event(slack_api: LocalSlack) -> None:
    async with at_work(slack_api, nothing) as (person, app):
        await person.open_home()
        first = json.loads(app.bodies[-1])
        slack_api.workspace.publish("U0RECRUITER", {"type": "home", "blocks": []})
        await person.open_home()
        second = json.loads(app.bodies[-1])
    assert first["type"] == "event_callback"
    assert first["team_id"] == "T0JUICEBOX"
    event = first["event"]
    assert (event["type"], event["tab"], event["user"]) == (
        "app_home_opened",
        "home",
        "U0RECRUITER",
    )
    assert "view" not in event
    assert second["event"]["view"]["type"] == "home"


@pytest.mark.parametrize(
    ("channel", "ts", "action"),
    [
        ("C0NOWHERE", "1.0", "again"),
        ("C0RECRUIT", "1.0", "again"),
        ("C0RECRUIT", None, "again"),
        ("home", None, "again"),
    ],
)
async def test_what_is_not_there_cannot_be_pressed(
    slack_api: LocalSlack, channel: str, ts: str | None, action: str
) -> None:
    async with at_work(slack_api, nothing) as (person, app):
        with pytest.raises(NotThere):
            await person.press(channel, ts, "b1", action)
        post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
        with pytest.raises(NotThere, match="nothing to press called other"):
            await person.press("C0RECRUIT", post.ts, "b1", "other")
        with pytest.raises(NotThere):
            await person.say("C0NOWHERE", "hello")
        assert app.bodies == []
