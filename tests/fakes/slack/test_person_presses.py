"""Interactions of a user in the local Slack reach the bot as Slack sends them."""

import json

import aiohttp
import pytest
from aiohttp import web

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import NotFound
from bot.fakes.slack.workspace import Conversation
from tests.fakes.slack.person_and_app import empty_response, ephemeral_messages, person_and_app

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


async def test_a_pressed_button_and_its_message_are_identified(slack_api: LocalSlack) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
    async with person_and_app(slack_api, empty_response) as (person, app):
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


async def test_the_chosen_option_of_a_menu_is_sent(slack_api: LocalSlack) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "choose", blocks=ACTIONS)
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.press("C0RECRUIT", post.ts, "b1", "b1a1", "two")
        [action] = app.payload["actions"]
    assert action["selected_option"]["value"] == "two"


async def test_buttons_of_ephemeral_messages_and_the_home_tab_can_be_pressed(
    slack_api: LocalSlack,
) -> None:
    shown = slack_api.workspace.post_ephemeral("C0RECRUIT", "an answer", blocks=ACTIONS)
    slack_api.workspace.publish("U0RECRUITER", {"type": "home", "blocks": ACTIONS})
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.press("C0RECRUIT", shown.ts, "b1", "again")
        assert app.payload["container"]["type"] == "message"
        assert app.payload["container"]["is_ephemeral"] is True
        assert "message" not in app.payload
        await person.press("home", None, "b1", "again")
        assert app.payload["view"]["type"] == "home"
        assert "message" not in app.payload


async def test_the_bot_can_use_the_response_url(slack_api: LocalSlack) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
    async with person_and_app(slack_api, empty_response) as (person, app):
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
    assert [w.text for w in ephemeral_messages(slack_api)] == ["later"] * 5


async def test_a_failed_interaction_shows_a_warning(slack_api: LocalSlack) -> None:
    async def broken() -> web.Response:
        return web.Response(status=500)

    post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
    async with person_and_app(slack_api, broken) as (person, _):
        await person.press("C0RECRUIT", post.ts, "b1", "again")
        await person.open_home()
    assert [w.channel for w in ephemeral_messages(slack_api)] == ["C0RECRUIT", "D0RECRUITER"]
    assert "dispatch_failed" in ephemeral_messages(slack_api)[0].text


async def test_opening_the_home_tab_is_an_event(slack_api: LocalSlack) -> None:
    async with person_and_app(slack_api, empty_response) as (person, app):
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
async def test_a_missing_element_cannot_be_pressed(
    slack_api: LocalSlack, channel: str, ts: str | None, action: str
) -> None:
    async with person_and_app(slack_api, empty_response) as (person, app):
        with pytest.raises(NotFound):
            await person.press(channel, ts, "b1", action)
        post = slack_api.workspace.say("C0RECRUIT", "press", blocks=ACTIONS)
        with pytest.raises(NotFound, match="no element other"):
            await person.press("C0RECRUIT", post.ts, "b1", "other")
        with pytest.raises(NotFound):
            await person.say("C0NOWHERE", "hello")
        assert app.bodies == []


async def test_a_missing_option_cannot_be_chosen(slack_api: LocalSlack) -> None:
    post = slack_api.workspace.say("C0RECRUIT", "choose", blocks=ACTIONS)
    async with person_and_app(slack_api, empty_response) as (person, app):
        for value in ("three", None):
            with pytest.raises(NotFound, match="no option"):
                await person.press("C0RECRUIT", post.ts, "b1", "b1a1", value)
        assert app.bodies == []


async def test_a_payload_names_the_channel(slack_api: LocalSlack) -> None:
    slack_api.workspace.add(Conversation("C0SECRET", "secret", is_private=True))
    direct = slack_api.workspace.direct_message("U0RECRUITER").id
    names = []
    async with person_and_app(slack_api, empty_response) as (person, app):
        for channel in ("C0RECRUIT", "C0SECRET", direct):
            post = slack_api.workspace.say(channel, "press", blocks=ACTIONS)
            await person.press(channel, post.ts, "b1", "again")
            names.append(app.payload["channel"]["name"])
    assert names == ["recruiting", "privategroup", "directmessage"]
