"""The message box of the Slack panel: typing, suggestions, sending and history."""

from typing import TYPE_CHECKING

import pytest_asyncio

from bot.slack_app.grammar import COMMANDS
from tests.browser.panel import message_box, mounted, posted

if TYPE_CHECKING:
    from playwright.async_api import Page


@pytest_asyncio.fixture(loop_scope="session")
async def panel(static_page: "Page") -> "Page":
    return await mounted(static_page)


async def test_enter_sends_and_arrow_keys_recall(panel: "Page") -> None:
    assert await message_box(panel).get_attribute("placeholder") == "Message #recruiting"
    for text in ("/juicebox status", "hello"):
        await message_box(panel).fill(text)
        await message_box(panel).press("Enter")
        assert await message_box(panel).input_value() == ""
    await message_box(panel).press("Enter")
    assert await posted(panel) == [
        ["/slack/say", {"channel": "C1", "text": "/juicebox status"}],
        ["/slack/say", {"channel": "C1", "text": "hello"}],
    ]
    recalled = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown"):
        await message_box(panel).press(key)
        recalled.append(await message_box(panel).input_value())
    assert recalled == ["hello", "/juicebox status", "/juicebox status", "hello", ""]


async def test_a_message_that_could_not_be_sent_is_restored(panel: "Page") -> None:
    await panel.evaluate("() => { window.answer = null; }")
    await message_box(panel).fill("hello")
    await panel.get_by_role("button", name="Send").click()
    await panel.wait_for_function(
        "() => document.querySelector('[role=combobox]').value === 'hello'"
    )


async def test_commands_are_suggested_while_typing(panel: "Page") -> None:
    offered = panel.get_by_role("option")
    await message_box(panel).press_sequentially("/")
    assert await offered.count() == len(COMMANDS)
    await message_box(panel).press("ArrowDown")
    assert "<types|all>" in await panel.get_by_role("option", selected=True).inner_text()
    await message_box(panel).press("Tab")
    assert await message_box(panel).input_value() == "/juicebox subscribe "
    await message_box(panel).fill("/juicebox h")
    await message_box(panel).press("Enter")
    await message_box(panel).press("Enter")
    assert await posted(panel) == [["/slack/say", {"channel": "C1", "text": "/juicebox help"}]]
    await message_box(panel).fill("/j")
    await offered.nth(0).click()
    assert await message_box(panel).input_value() == "/juicebox status"
    assert await offered.count() == 0
    await message_box(panel).fill("/j")
    await message_box(panel).press("Escape")
    assert await offered.count() == 0
