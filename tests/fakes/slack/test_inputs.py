"""The local Slack accepts inputs and pickers as documented, and refuses others."""

from typing import Any

import pytest

from bot.fakes.slack.block_kit import block_errors


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(text: str) -> dict[str, Any]:
    return {"text": plain(text), "value": text}


def field(element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain("What"), "element": element, **more}


ONE, TWO = option("one"), option("two")
TIME = {"type": "timepicker", "action_id": "t", "initial_time": "07:05", "timezone": "Asia/Tokyo"}
BOXES = {"type": "checkboxes", "options": [ONE, TWO], "initial_options": [TWO]}
MENU = {"type": "static_select", "options": [ONE, TWO], "initial_option": ONE}
MENUS = {"type": "multi_static_select", "options": [ONE, TWO], "max_selected_items": 1}
WORDS = {"type": "plain_text_input", "max_length": 200, "placeholder": plain("rust berlin")}
NUMBER = {"type": "number_input", "is_decimal_allowed": False, "min_value": "0"}


@pytest.mark.parametrize("element", [TIME, BOXES, MENU, MENUS, WORDS, NUMBER])
def test_an_input_block_takes_each(element: dict[str, Any]) -> None:
    assert block_errors([field(element, optional=True, hint=plain("why"), block_id="b")]) == []


@pytest.mark.parametrize("element", [TIME, BOXES, MENU, MENUS])
def test_actions_and_sections_take_pickers_and_menus(element: dict[str, Any]) -> None:
    section = {"type": "section", "text": plain("x"), "accessory": element}
    assert block_errors([{"type": "actions", "elements": [element]}, section]) == []


def test_checkboxes_may_have_styled_labels() -> None:
    styled = {"text": {"type": "mrkdwn", "text": "*Weekends*"}, "value": "w"}
    assert block_errors([field({"type": "checkboxes", "options": [styled]})]) == []


@pytest.mark.parametrize(
    "block",
    [
        pytest.param({"type": "actions", "elements": [WORDS]}, id="text among actions"),
        pytest.param({"type": "actions", "elements": [NUMBER]}, id="number among actions"),
        pytest.param(field({"type": "button", "text": plain("x")}), id="button as input"),
        pytest.param({"type": "input", "element": WORDS}, id="no label"),
        pytest.param(field(WORDS, label={"type": "mrkdwn", "text": "x"}), id="styled label"),
        pytest.param(field({**TIME, "initial_time": "24:00"}), id="hour 24"),
        pytest.param(field({**TIME, "initial_time": "7:05"}), id="one digit"),
        pytest.param(field({**BOXES, "options": [option(str(n)) for n in range(11)]}), id="boxes"),
        pytest.param(field({**BOXES, "initial_options": [option("x")]}), id="not an option"),
        pytest.param(field({**BOXES, "initial_options": []}), id="empty initial options"),
        pytest.param(field({**MENU, "initial_option": option("x")}), id="not in the menu"),
        pytest.param(field({**MENUS, "options": [option(str(n)) for n in range(101)]}), id="menu"),
        pytest.param(field({**MENUS, "max_selected_items": 0}), id="none selectable"),
        pytest.param(field({**WORDS, "max_length": 3_001}), id="long text"),
        pytest.param(field({**WORDS, "placeholder": plain("x" * 151)}), id="long placeholder"),
        pytest.param(field({"type": "number_input"}), id="decimal or not"),
        pytest.param(field({**NUMBER, "min_value": 0}), id="a number that is no string"),
        pytest.param(field({**NUMBER, "min_value": "x"}), id="no number"),
        pytest.param(field({**NUMBER, "max_value": "-1"}), id="maximum below minimum"),
        pytest.param(field(WORDS, unknown=1), id="unknown"),
    ],
)
def test_others_are_refused(block: dict[str, Any]) -> None:
    [error, *_] = block_errors([block])
    assert "[json-pointer:/blocks/0" in error


def test_one_element_of_a_view_gets_the_focus() -> None:
    focused = {**WORDS, "focus_on_load": True}
    assert block_errors([field(focused)]) == []
    assert "focus_on_load" in block_errors([field(focused), field(focused)])[0]
