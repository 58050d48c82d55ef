"""The Slack panel shows the modal that the bot has opened, and submits it."""

from typing import TYPE_CHECKING, Any

import pytest_asyncio

from tests.browser.gallery import FORM, plain
from tests.browser.panel import mounted, posted, publish, sidebar_button

if TYPE_CHECKING:
    from playwright.async_api import Page

BUTTON = {
    "type": "actions",
    "block_id": "more",
    "elements": [{"type": "button", "action_id": "go", "text": plain("Go")}],
}


@pytest_asyncio.fixture(loop_scope="session")
async def panel(static_page: "Page") -> "Page":
    return await mounted(static_page)


def modal(version: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "modal",
        "id": "V1",
        "version": str(version),
        "open": True,
        "title": plain("Add a subscription"),
        "submit": plain("Add"),
        "close": plain("Cancel"),
        "blocks": [*FORM, BUTTON],
        "errors": {},
        **changes,
    }


async def test_what_was_filled_in_is_submitted(panel: "Page") -> None:
    await publish(panel, modal())
    form = panel.get_by_role("dialog", name="Add a subscription")
    await form.get_by_role("group", name="Types").get_by_label("two").check()
    await form.get_by_label("Words").fill("rust")
    await form.get_by_role("button", name="Go").click()
    await form.get_by_role("button", name="Add", exact=True).click()
    pressed = {"channel": "modal", "ts": None, "block_id": "more", "action_id": "go", "value": None}
    values = {"Types": {"Types": ["two"]}, "Words": {"Words": "rust"}}
    assert await posted(panel) == [
        ["/slack/press", pressed],
        ["/slack/submit", {"values": values}],
    ]
    await publish(panel, modal(2, open=False))
    assert await panel.get_by_role("dialog").count() == 0


async def test_errors_are_below_their_field_and_keep_what_was_written(panel: "Page") -> None:
    await publish(panel, modal())
    await panel.get_by_label("Words").fill("rust")
    await publish(panel, modal(2, errors={"Words": "No such words", "": "Try again?"}))
    assert await panel.get_by_label("Words").input_value() == "rust"
    assert await panel.get_by_role("alert").all_inner_texts() == ["No such words", "Try again?"]
    await panel.get_by_role("button", name="Add", exact=True).click()
    assert await panel.get_by_role("alert").all_inner_texts() == []


async def test_a_modal_can_be_closed_and_replaced(panel: "Page") -> None:
    await publish(panel, modal())
    await panel.keyboard.press("Escape")
    for name in ("Close", "Cancel"):
        await panel.get_by_role("button", name=name).click()
    assert await posted(panel) == [["/slack/close", {}]] * 3
    details = modal(2, title=plain("Details"), submit=None, close=plain("Close"), blocks=[BUTTON])
    await publish(panel, details)
    assert await panel.get_by_role("dialog").count() == 1
    assert await panel.get_by_role("dialog", name="Details").is_visible()
    assert await panel.get_by_role("button", name="Add", exact=True).count() == 0


async def test_the_home_tab_is_not_redrawn_while_a_picker_is_used(panel: "Page") -> None:
    picker = {"type": "timepicker", "action_id": "at", "initial_time": "19:00"}
    blocks = [{"type": "actions", "block_id": "b1", "elements": [picker]}]
    await sidebar_button(panel, "Home").click()
    await publish(panel, {"kind": "home", "blocks": blocks})
    time = await panel.get_by_label("Select a time").element_handle()
    assert time is not None
    channel = {"kind": "channel", "id": "C9", "name": "new", "private": False, "direct": False}
    await publish(panel, channel)
    await sidebar_button(panel, "new").wait_for()
    assert await time.evaluate("(input) => input.isConnected")


async def test_a_modal_fits_a_phone(panel: "Page") -> None:
    await panel.set_viewport_size({"width": 340, "height": 500})
    await publish(panel, modal())
    body = panel.locator(".slack-modal-body")
    assert await body.evaluate("({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth")
    box = await panel.get_by_role("button", name="Add", exact=True).bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 500
