"""The local Slack opens and updates modals, and submits what people fill in."""

from typing import Any

import pytest
from aiohttp import web

from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.person import MODAL, NotFound, Person
from tests.fakes.slack.conftest import Caller
from tests.fakes.slack.person_and_app import (
    App,
    empty_response,
    person_and_app,
    responding,
)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(word: str) -> dict[str, Any]:
    return {"text": plain(word), "value": word}


def field(name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name),
        "element": {"action_id": "value", **element},
        **more,
    }


WORDS = field("words", {"type": "plain_text_input", "max_length": 9}, optional=True)
LEAST = field("least", {"type": "number_input", "is_decimal_allowed": False}, optional=True)
TYPES = field("types", {"type": "multi_static_select", "options": [option("a"), option("b")]})


def modal(*blocks: Any, **more: Any) -> dict[str, Any]:
    view = {"type": "modal", "title": plain("Add"), "submit": plain("Add"), "blocks": [*blocks]}
    return {**view, **more}


def trigger(slack: LocalSlack) -> str:
    return slack.workspace.triggers.create("U0RECRUITER")


async def open_modal(slack: LocalSlack, call: Caller, *blocks: Any) -> None:
    reply = await call("views.open", trigger_id=trigger(slack), view=modal(*blocks))
    assert reply["ok"], reply


async def test_a_modal_is_shown_to_who_caused_the_trigger(
    slack_api: LocalSlack, call: Caller
) -> None:
    await open_modal(slack_api, call, TYPES)
    shown = slack_api.workspace.modals.of("U0RECRUITER")
    assert shown is not None
    assert shown.view["title"]["text"] == "Add"
    assert slack_api.workspace.modals.of("U0OPERATOR") is None


async def test_a_trigger_works_once_and_for_three_seconds(
    slack_api: LocalSlack, call: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = trigger(slack_api)
    assert (await call("views.open", trigger_id=used, view=modal(TYPES)))["ok"]
    again = await call("views.open", trigger_id=used, view=modal(TYPES))
    unknown = await call("views.open", trigger_id="1.2.x", view=modal(TYPES))
    triggers, late = slack_api.workspace.triggers, trigger(slack_api)
    now = triggers._clock()
    monkeypatch.setattr(triggers, "_clock", lambda: now + 3.1)
    expired = await call("views.open", trigger_id=late, view=modal(TYPES))
    assert [reply["error"] for reply in (again, unknown, expired)] == [
        "exchanged_trigger_id",
        "invalid_trigger_id",
        "expired_trigger_id",
    ]


@pytest.mark.parametrize(
    ("view", "error"),
    [
        (modal(TYPES, type="home"), "invalid_arguments"),
        (modal(TYPES, title=plain("x" * 25)), "invalid_arguments"),
        (modal(TYPES, close=plain("x" * 25)), "invalid_arguments"),
        (modal(TYPES, title={"type": "mrkdwn", "text": "x"}), "invalid_arguments"),
        ({k: v for k, v in modal(TYPES).items() if k != "submit"}, "invalid_arguments"),
        ({k: v for k, v in modal(TYPES).items() if k != "title"}, "invalid_arguments"),
        (modal(TYPES, private_metadata="x" * 3_001), "invalid_arguments"),
        (modal(TYPES, callback_id="x" * 256), "invalid_arguments"),
        (modal(TYPES, unknown=1), "invalid_arguments"),
        (modal(*[{"type": "divider"}] * 101), "invalid_blocks"),
    ],
)
async def test_invalid_modals_are_refused(
    slack_api: LocalSlack, call: Caller, view: Any, error: str
) -> None:
    reply = await call("views.open", trigger_id=trigger(slack_api), view=view)
    assert reply["error"] == error
    assert slack_api.workspace.modals.of("U0RECRUITER") is None


async def test_an_open_modal_can_be_updated(slack_api: LocalSlack, call: Caller) -> None:
    await open_modal(slack_api, call, TYPES)
    first = slack_api.workspace.modals.of("U0RECRUITER")
    assert first is not None
    update = {"view_id": first.id, "view": modal(WORDS)}
    assert (await call("views.update", hash=first.hash, **update))["ok"]
    assert (await call("views.update", hash=first.hash, **update))["error"] == "hash_conflict"
    slack_api.workspace.modals.close(first)
    assert (await call("views.update", **update))["error"] == "not_found"


async def submitted(
    slack: LocalSlack, call: Caller, response: Any, **values: Any
) -> tuple[App, Person]:
    await open_modal(slack, call, TYPES, WORDS, LEAST)
    respond = empty_response if response is None else responding(response)
    async with person_and_app(slack, respond) as (person, app):
        await person.submit({name: {"value": value} for name, value in values.items()})
    return app, person


async def test_what_was_filled_in_is_submitted(slack_api: LocalSlack, call: Caller) -> None:
    app, _ = await submitted(slack_api, call, None, types=["b"], words="rust", least="100")
    sent = app.payload
    assert (sent["type"], sent["user"]["id"]) == ("view_submission", "U0RECRUITER")
    values = sent["view"]["state"]["values"]
    assert [o["value"] for o in values["types"]["value"]["selected_options"]] == ["b"]
    assert values["words"]["value"] == {"type": "plain_text_input", "value": "rust"}
    assert values["least"]["value"] == {"type": "number_input", "value": "100"}
    assert slack_api.workspace.modals.of("U0RECRUITER") is None


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"types": []}, "types"),
        ({"types": ["a"], "least": "many"}, "least"),
        ({"types": ["a"], "least": "1.5"}, "least"),
        ({"types": ["a"], "words": "more than nine"}, "words"),
    ],
)
async def test_slack_itself_refuses_what_does_not_fit(
    slack_api: LocalSlack, call: Caller, values: dict[str, Any], wrong: str
) -> None:
    app, _ = await submitted(slack_api, call, None, **values)
    shown = slack_api.workspace.modals.of("U0RECRUITER")
    assert shown is not None
    assert list(shown.errors) == [wrong]
    assert app.bodies == []


@pytest.mark.parametrize(
    ("response", "errors"),
    [
        ({"response_action": "errors", "errors": {"least": "Too many"}}, {"least": "Too many"}),
        (
            {"response_action": "errors", "errors": {"nowhere": "x"}},
            {"": "We had some trouble connecting. Try again?"},
        ),
        ({"text": "?"}, {"": "We had some trouble connecting. Try again?"}),
        ({"response_action": "update", "view": modal(WORDS)}, {}),
        (
            {"response_action": "update", "view": {"type": "modal"}},
            {"": "We had some trouble connecting. Try again?"},
        ),
    ],
)
async def test_the_app_answers_with_errors_or_another_view(
    slack_api: LocalSlack, call: Caller, response: Any, errors: dict[str, str]
) -> None:
    await submitted(slack_api, call, response, types=["a"])
    shown = slack_api.workspace.modals.of("U0RECRUITER")
    assert shown is not None
    assert shown.errors == errors


async def test_a_modal_stays_open_if_the_app_fails(slack_api: LocalSlack, call: Caller) -> None:
    async def broken() -> web.Response:
        return web.Response(status=500)

    await open_modal(slack_api, call, WORDS)
    async with person_and_app(slack_api, broken) as (person, _):
        await person.submit({})
        shown = slack_api.workspace.modals.of("U0RECRUITER")
        assert shown is not None
        assert "trouble connecting" in shown.errors[""]
        person.close_modal()
        assert slack_api.workspace.modals.of("U0RECRUITER") is None
        with pytest.raises(NotFound):
            await person.submit({})
        person.close_modal()


BUTTON = {
    "type": "actions",
    "block_id": "more",
    "elements": [{"type": "button", "action_id": "go", "text": plain("Go")}],
}


async def test_buttons_of_a_modal_can_be_pressed_and_inputs_wait_for_its_submission(
    slack_api: LocalSlack, call: Caller
) -> None:
    await open_modal(slack_api, call, WORDS, BUTTON)
    async with person_and_app(slack_api, empty_response) as (person, app):
        await person.press(MODAL, None, "words", "value", "rust")
        assert app.bodies == []
        await person.press(MODAL, None, "more", "go")
        assert app.payload["view"]["state"]["values"]["words"]["value"]["value"] == "rust"
