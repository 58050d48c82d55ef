"""Buttons and menus on the page: confirmation, links and requests."""

from typing import TYPE_CHECKING

from tests.browser.blocks import SURE, actions, button, option, pressed, show
from tests.browser.gallery import plain

if TYPE_CHECKING:
    from playwright.async_api import Page


async def test_a_pressed_button_is_identified(static_page: "Page") -> None:
    await show(
        static_page,
        actions(
            button("a", "Go", style="primary"), button("b", "No", accessibility_label="Refuse")
        ),
    )
    await static_page.get_by_role("button", name="Go").click()
    await static_page.get_by_role("button", name="Refuse").press("Enter")
    assert await pressed(static_page) == [["b1", "a", None], ["b1", "b", None]]


async def test_a_button_with_a_url_opens_it_in_a_new_tab_and_is_pressed(
    static_page: "Page",
) -> None:
    here = static_page.url
    await show(
        static_page,
        actions(
            button("a", "Open", url=f"{here}?opened"), button("b", "Bad", url="javascript:alert(1)")
        ),
    )
    link = static_page.get_by_role("link", name="Open")
    assert await link.get_attribute("rel") == "noopener noreferrer"
    async with static_page.context.expect_page() as opened:
        await link.click()
    assert (await opened.value).url == f"{here}?opened"
    assert static_page.url == here
    assert await pressed(static_page) == [["b1", "a", None]]
    assert await static_page.get_by_role("button", name="Bad").get_attribute("href") is None


async def test_a_button_can_ask_for_confirmation(static_page: "Page") -> None:
    await show(static_page, actions(button("a", "Delete it", confirm=SURE)))
    asks = static_page.get_by_role("dialog", name="Delete it?")
    for answer, after in (("Keep", []), ("Escape", []), ("Delete", [["b1", "a", None]])):
        await static_page.get_by_role("button", name="Delete it").click()
        assert await asks.locator("strong").inner_text() == "gone"
        if answer == "Escape":
            await static_page.keyboard.press("Escape")
        else:
            await asks.get_by_role("button", name=answer, exact=True).click()
        await static_page.locator("dialog").wait_for(state="detached")
        assert await pressed(static_page) == after


async def test_a_url_is_opened_only_after_confirmation(static_page: "Page") -> None:
    here = static_page.url
    await show(static_page, actions(button("a", "Open", url=f"{here}?opened", confirm=SURE)))
    await static_page.get_by_role("link", name="Open").click()
    await static_page.get_by_role("button", name="Keep").click()
    await static_page.locator("dialog").wait_for(state="detached")
    assert len(static_page.context.pages) == 1
    await static_page.get_by_role("link", name="Open").click()
    async with static_page.context.expect_page() as opened:
        await static_page.get_by_role("button", name="Delete").click()
    assert (await opened.value).url == f"{here}?opened"
    assert await pressed(static_page) == [["b1", "a", None]]


async def test_the_chosen_option_of_a_menu_is_sent(static_page: "Page") -> None:
    options = [option("One &amp; only", "1"), option("Two", "2")]
    menu = {"type": "static_select", "options": options}
    await show(
        static_page,
        actions(
            {**menu, "action_id": "a", "placeholder": plain("Pick one")},
            {
                **menu,
                "action_id": "b",
                "initial_option": options[1],
                "placeholder": plain("Pick more"),
                "confirm": SURE,
            },
        ),
    )
    first, second = static_page.get_by_label("Pick one"), static_page.get_by_label("Pick more")
    assert await first.input_value() == ""
    await first.select_option(label="One & only")
    assert await second.input_value() == "2"
    await second.select_option("1")
    await static_page.get_by_role("button", name="Keep").click()
    await static_page.locator("dialog").wait_for(state="detached")
    assert await second.input_value() == "2"
    assert await pressed(static_page) == [["b1", "a", "1"]]


async def test_an_overflow_menu_works_by_mouse_and_keyboard(static_page: "Page") -> None:
    overflow = {
        "type": "overflow",
        "action_id": "o",
        "options": [option("Retry", "r"), option("Drop", "d")],
    }
    await show(
        static_page,
        {"type": "section", "block_id": "b1", "text": plain("x"), "accessory": overflow},
    )
    opener, menu = (
        static_page.get_by_role("button", name="More actions"),
        static_page.get_by_role("menu"),
    )
    await opener.click()
    await menu.get_by_role("menuitem", name="Drop").click()
    assert not await menu.is_visible()
    await opener.press("Enter")
    await static_page.locator("[role=menuitem]:focus", has_text="Retry").wait_for()
    await static_page.keyboard.press("ArrowDown")
    await static_page.keyboard.press("ArrowDown")
    await static_page.keyboard.press("Enter")
    assert await pressed(static_page) == [["b1", "o", "d"], ["b1", "o", "r"]]
    await opener.click()
    await static_page.keyboard.press("Escape")
    assert not await menu.is_visible()
