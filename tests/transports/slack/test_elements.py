"""The menus, pickers and inputs that templates call are valid, and escape their values."""

import json
from datetime import time
from functools import partial
from typing import Any

from bot.fakes.slack.block_kit import block_errors
from bot.rendering.templates import shown
from bot.transports.slack.content import _escape
from bot.transports.slack.elements import Elements
from bot.transports.slack.limits import fit
from bot.transports.slack.message import SlackMessage

UI = Elements(partial(shown, _escape))
HOSTILE = '"}<!here> & \n'


def block(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    assert block_errors([found]) == []
    return found


def test_every_element_is_valid_with_hostile_values() -> None:
    options = [(HOSTILE.strip(), HOSTILE * 40), ("b", "B")]
    actions = block(
        UI.actions(
            UI.menu("menu", HOSTILE, options),
            UI.time_picker("time", time(7, 5), HOSTILE),
            UI.checkbox("box", "on", HOSTILE, checked=True),
            UI.checkbox("other", "on", HOSTILE, checked=False),
            UI.button("Go", action="go"),
        )
    )
    menu, picker, checked, unchecked, _ = actions["elements"]
    assert menu["options"][0]["value"] == HOSTILE.strip()
    assert picker["initial_time"] == "07:05"
    assert "&lt;!here&gt;" in picker["placeholder"]["text"]
    assert checked["initial_options"] == checked["options"]
    assert "initial_options" not in unchecked


def test_every_input_is_valid() -> None:
    options = [("a", "A"), ("b", "B")]
    for element in (
        UI.one_of("x", options),
        UI.many_of("x", options, HOSTILE),
        UI.words("x", HOSTILE, 200),
        UI.number("x", HOSTILE),
    ):
        found = block(UI.field("name", HOSTILE, element, HOSTILE, optional=True))
        assert (found["block_id"], found["optional"]) == ("name", True)
        assert "hint" not in block(UI.field("name", HOSTILE, element))


def test_fitting_keeps_pickers_beside_buttons() -> None:
    picker = UI.time_picker("time", time(7, 5), "Start")
    actions = json.loads(UI.actions(picker, UI.button("Go", action="go", value="x" * 2_001)))
    [kept, note] = fit(SlackMessage("text", (actions,))).blocks
    assert [element["type"] for element in kept["elements"]] == ["timepicker"]
    assert "too long" in note["elements"][0]["text"]
