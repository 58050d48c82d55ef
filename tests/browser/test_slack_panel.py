"""The Slack panel of the page: messages and interactions."""

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.browser.panel import (
    BY_PERSON,
    START,
    log,
    message,
    message_box,
    mounted,
    posted,
    publish,
    sidebar_button,
)

if TYPE_CHECKING:
    from playwright.async_api import Page


@pytest_asyncio.fixture(loop_scope="session")
async def panel(static_page: "Page") -> "Page":
    return await mounted(static_page)


async def test_a_message_has_author_time_and_text(panel: "Page") -> None:
    await publish(panel, message(0, "*Done* &amp; <!here>", event_id="evt_1"))
    assert (
        " ".join((await log(panel).inner_text()).split())
        == "Today 🧃 juicebox APP 11:06 AM Done & @here timeline"
    )
    await panel.get_by_role("button", name="Show the timeline of evt_1").click()
    assert await panel.evaluate("window.focused") == ["evt_1"]


async def test_consecutive_messages_of_one_author_are_grouped(panel: "Page") -> None:
    await publish(
        panel,
        message(-90_000, "yesterday"),
        message(0, "first"),
        message(60, "second"),
        message(120, "third", **BY_PERSON),
        message(130, "fourth", ephemeral=True),
        message(1000, "fifth"),
    )
    grouped = log(panel).locator(".is-grouped")
    assert await grouped.locator(".slack-said").all_inner_texts() == ["second"]
    assert await log(panel).locator(".slack-day").count() == 2
    assert await log(panel).get_by_text("Only visible to you").count() == 1


async def test_messages_are_in_order_of_time(panel: "Page") -> None:
    await publish(panel, message(20, "b"), message(10, "a"), message(30, "c"))
    assert await log(panel).locator(".slack-text").all_inner_texts() == ["a", "b", "c"]


async def test_an_edit_replaces_a_message_and_a_deletion_removes_it(panel: "Page") -> None:
    await publish(panel, message(0, "running"), message(1000, "another"))
    await publish(panel, message(0, "done", edited_at=(START + 5) * 1000))
    said = log(panel).locator(".slack-said")
    assert (await said.first.inner_text()).endswith("done (edited)")
    assert await said.count() == 2
    await publish(panel, message(0, "done", deleted=True))
    assert await log(panel).locator(".slack-text").all_inner_texts() == ["another"]


async def test_replies_are_behind_a_line_with_their_number(panel: "Page") -> None:
    parent = message(0, "a question")
    answers = [message(at, f"reply {at}", thread_ts=parent["ts"]) for at in (10, 20)]
    await publish(panel, parent, answers[0], message(30, "elsewhere"))
    await panel.get_by_text("1 reply").click()
    await publish(panel, answers[1])
    assert await panel.get_by_text("2 replies").is_visible()
    assert await log(panel).locator(".slack-text:visible").all_inner_texts() == [
        "a question",
        "reply 10",
        "reply 20",
        "elsewhere",
    ]


async def test_unread_messages_are_counted(panel: "Page") -> None:
    await publish(panel, message(0, "an alert", channel="C2"), message(5, "another", channel="C2"))
    await publish(panel, message(5, "another, edited", channel="C2"))
    await sidebar_button(panel, "alerts").filter(has_text="2 unread").click()
    assert await panel.get_by_role("heading", name="alerts").is_visible()
    assert await log(panel).locator(".slack-text").all_inner_texts() == [
        "an alert",
        "another, edited",
    ]
    assert await sidebar_button(panel, "alerts").get_attribute("aria-current") == "true"
    assert "unread" not in await sidebar_button(panel, "alerts").inner_text()
    await publish(panel, message(10, "see <#C1>", channel="C2"))
    await log(panel).get_by_role("button", name="#recruiting").click()
    assert await sidebar_button(panel, "recruiting").get_attribute("aria-current") == "true"


async def test_the_log_follows_the_end_unless_it_was_scrolled_up(panel: "Page") -> None:
    def is_at_end(wanted: str) -> str:
        return f"({{ scrollHeight, scrollTop, clientHeight }}) => {wanted}(scrollHeight - scrollTop - clientHeight < 5)"

    await publish(panel, *[message(at * 400, f"message {at}") for at in range(40)])
    list_of = await log(panel).element_handle()
    assert list_of is not None
    assert await list_of.evaluate(is_at_end(""))
    await list_of.evaluate(
        "(list) => new Promise((done) => { list.onscroll = done; list.scrollTop = 100; })"
    )
    await publish(panel, message(40_000, "the newest"))
    assert await list_of.evaluate("({ scrollTop }) => scrollTop") == 100
    await panel.get_by_role("button", name="New messages").click()
    assert await list_of.evaluate(is_at_end(""))
    assert not await panel.get_by_role("button", name="New messages").is_visible()
    await panel.set_viewport_size({"width": 400, "height": 300})
    await panel.wait_for_function(is_at_end(""), arg=list_of)


async def test_the_home_tab_is_loaded_and_keeps_the_focus_when_redrawn(
    panel: "Page",
) -> None:
    button = {
        "type": "button",
        "action_id": "refresh",
        "text": {"type": "plain_text", "text": "Refresh"},
    }
    home = {"kind": "home", "blocks": [{"type": "actions", "block_id": "b1", "elements": [button]}]}
    await sidebar_button(panel, "Home").click()
    assert await panel.get_by_role("region", name="Home tab").is_visible()
    assert not await message_box(panel).is_visible()
    await publish(panel, home)
    await panel.get_by_role("button", name="Refresh").press("Enter")
    await publish(panel, home)
    assert await panel.evaluate("document.activeElement.textContent") == "Refresh"
    pressed = {
        "channel": "home",
        "ts": None,
        "block_id": "b1",
        "action_id": "refresh",
        "value": None,
    }
    assert await posted(panel) == [["/slack/home", {}], ["/slack/press", pressed]]


async def test_an_interaction_identifies_its_message(panel: "Page") -> None:
    button = {
        "type": "button",
        "action_id": "again",
        "text": {"type": "plain_text", "text": "Try again"},
    }
    said = message(0, "x", blocks=[{"type": "actions", "block_id": "b1", "elements": [button]}])
    await publish(panel, said)
    await panel.get_by_role("button", name="Try again").click()
    pressed = {
        "channel": "C1",
        "ts": said["ts"],
        "block_id": "b1",
        "action_id": "again",
        "value": None,
    }
    assert await posted(panel) == [["/slack/press", pressed]]


@pytest.mark.parametrize("width", [340, 620])
async def test_nothing_is_wider_than_the_panel(panel: "Page", width: int) -> None:
    await panel.set_viewport_size({"width": width, "height": 700})
    await publish(
        panel, message(0, "word" * 100), message(1000, f"`{'word' * 100}` ```{'word' * 100}```")
    )
    side, main = panel.locator(".slack-sidebar"), panel.locator(".slack-main")
    for element in (log(panel), main):
        assert await element.evaluate(
            "({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth"
        )
    bar, background = await side.bounding_box(), await main.bounding_box()
    assert bar is not None
    assert background is not None
    is_row_of_tabs = bar["y"] + bar["height"] <= background["y"]
    assert is_row_of_tabs == (width < 560)
