"""Pickers, checkboxes and menus of the local Slack's Home tab, and the state of a view."""

from typing import Any

import pytest
from aiohttp import web

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import HOME, NotFound
from tests.fakes.slack.person_and_app import empty_response, ephemeral_messages, person_and_app


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(word: str) -> dict[str, Any]:
    return {"text": plain(word), "value": word}


PICKERS = {
    "type": "actions",
    "block_id": "quiet",
    "elements": [
        {"type": "timepicker", "action_id": "start", "initial_time": "19:00"},
        {"type": "checkboxes", "action_id": "days", "options": [option("weekends")]},
        {"type": "multi_static_select", "action_id": "types", "options": [option("a")]},
        {"type": "button", "action_id": "off", "text": plain("Off")},
    ],
}


async def test_pickers_of_the_home_tab_send_their_value_and_the_state_of_all(
    slack_api: LocalSlack,
) -> None:
    slack_api.workspace.publish("U0RECRUITER", {"type": "home", "blocks": [PICKERS]})
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.press(HOME, None, "quiet", "start", "20:30")
        assert app.payload["actions"][0]["selected_time"] == "20:30"
        await person.press(HOME, None, "quiet", "days", ["weekends"])
        [action] = app.payload["actions"]
        assert [o["value"] for o in action["selected_options"]] == ["weekends"]
        await person.press(HOME, None, "quiet", "off")
        state = app.payload["view"]["state"]["values"]["quiet"]
    assert state["start"] == {"type": "timepicker", "selected_time": "20:30"}
    assert [o["value"] for o in state["days"]["selected_options"]] == ["weekends"]
    assert state["types"] == {"type": "multi_static_select", "selected_options": []}


async def test_an_element_does_not_take_every_value(slack_api: LocalSlack) -> None:
    slack_api.workspace.publish("U0RECRUITER", {"type": "home", "blocks": [PICKERS]})
    async with person_and_app(slack_api, empty_response) as (person, app):
        for action, value in (("start", "25:00"), ("days", ["never"]), ("types", None)):
            with pytest.raises(NotFound):
                await person.press(HOME, None, "quiet", action, value)
        assert app.bodies == []


async def test_a_failed_press_in_a_view_is_shown_in_the_direct_message(
    slack_api: LocalSlack,
) -> None:
    async def broken() -> web.Response:
        return web.Response(status=500)

    slack_api.workspace.publish("U0RECRUITER", {"type": "home", "blocks": [PICKERS]})
    async with person_and_app(slack_api, broken) as (person, _):
        await person.press(HOME, None, "quiet", "off")
    assert [w.channel for w in ephemeral_messages(slack_api)] == ["D0RECRUITER"]
