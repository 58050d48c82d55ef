"""Pickers and inputs on the page: what is chosen or written in them is sent."""

from typing import TYPE_CHECKING

from tests.browser.blocks import SURE, actions, option, pressed, show
from tests.browser.gallery import field, plain

if TYPE_CHECKING:
    from playwright.async_api import Page

ONE, TWO = option("One &amp; only", "1"), option("Two", "2")


async def test_a_chosen_time_is_sent(static_page: "Page") -> None:
    picker = {"type": "timepicker", "action_id": "a", "initial_time": "19:00"}
    await show(
        static_page,
        actions({**picker, "placeholder": plain("Start")}),
        {"type": "section", "block_id": "b2", "text": plain("x"), "accessory": picker},
    )
    start = static_page.get_by_label("Start")
    assert await start.input_value() == "19:00"
    await start.fill("20:30")
    await static_page.get_by_label("Select a time").fill("06:15")
    assert await pressed(static_page) == [["b1", "a", "20:30"], ["b2", "a", "06:15"]]


async def test_a_time_can_ask_for_confirmation(static_page: "Page") -> None:
    picker = {"type": "timepicker", "action_id": "a", "initial_time": "19:00", "confirm": SURE}
    await show(static_page, actions(picker))
    time = static_page.get_by_label("Select a time")
    await time.fill("20:00")
    await static_page.get_by_role("button", name="Keep").click()
    await static_page.locator("dialog").wait_for(state="detached")
    assert await time.input_value() == "19:00"
    assert await pressed(static_page) == []


async def test_all_checked_boxes_are_sent(static_page: "Page") -> None:
    boxes = {
        "type": "checkboxes",
        "action_id": "a",
        "options": [{**ONE, "description": plain("the first")}, TWO],
        "initial_options": [TWO],
    }
    await show(static_page, actions(boxes))
    await static_page.get_by_label("One & only").check()
    await static_page.get_by_label("Two").uncheck()
    await static_page.get_by_label("One & only").uncheck()
    assert await pressed(static_page) == [
        ["b1", "a", ["1", "2"]],
        ["b1", "a", ["1"]],
        ["b1", "a", []],
    ]


async def test_inputs_have_labels_and_send_what_is_written(static_page: "Page") -> None:
    await show(
        static_page,
        field("Types", {"type": "multi_static_select", "options": [ONE, TWO]}),
        field("Words", {"type": "plain_text_input", "max_length": 5}, optional=True),
        field("More", {"type": "plain_text_input", "multiline": True, "initial_value": "text"}),
        field("Least", {"type": "number_input", "is_decimal_allowed": False}),
        field("Where", {"type": "static_select", "options": [ONE, TWO], "initial_option": ONE}),
    )
    await static_page.get_by_role("group", name="Types").get_by_label("Two").check()
    await static_page.get_by_label("Words (optional)").press_sequentially("rust in berlin")
    assert await static_page.get_by_label("More").input_value() == "text"
    await static_page.get_by_label("Least").fill("many")
    await static_page.get_by_label("Where").select_option(label="Two")
    sent = await pressed(static_page)
    assert sent[0] == ["Types", "Types", ["2"]]
    assert sent[5] == ["Words", "Words", "rust "]
    assert sent[-2:] == [["Least", "Least", "many"], ["Where", "Where", "2"]]
