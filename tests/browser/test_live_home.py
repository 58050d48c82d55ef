"""A visitor of the playground uses the bot's Home tab: pickers, menus, checkboxes and a modal."""

from typing import TYPE_CHECKING

from playwright.async_api import expect

from tests.browser.panel import sidebar_button
from tests.running_playground import Visitor

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Page


async def test_subscriptions_and_quiet_hours(
    page: "Page", visitor: Visitor, screens: "Path"
) -> None:
    await visitor.send("search.completed")
    await sidebar_button(page, "Home").click()
    home = page.get_by_role("region", name="Home tab")
    await expect(home.get_by_role("heading", name="My subscriptions")).to_be_visible()
    await home.get_by_role("button", name="Add a subscription").click()
    form = page.get_by_role("dialog", name="Add a subscription")
    await form.get_by_label("Search completed").check()
    await form.get_by_label("Only with at least").fill("many")
    await form.get_by_role("button", name="Add", exact=True).click()
    await expect(form.get_by_role("alert")).to_have_text(["Please enter a valid number."])
    await form.get_by_label("Only with at least").fill("100")
    await page.screenshot(path=screens / "modal.png")
    await form.get_by_role("button", name="Add", exact=True).click()
    await expect(form).to_be_hidden()
    await expect(home).to_contain_text("You get this as a direct message now: Search completed.")
    await home.get_by_role("button", name="Turn on").click()
    start = home.get_by_label("Start of quiet hours")
    await start.fill("20:30")
    await expect(home).to_contain_text("Quiet hours are 20:30 to 08:00 now.")
    await home.get_by_label("All weekend").check()
    await expect(home).to_contain_text("Quiet hours are 20:30 to 08:00 and all weekend now.")
    await home.get_by_label("Mute for longer").select_option(label="4 hours")
    await expect(home.get_by_role("button", name="Unmute")).to_be_visible()
    await page.set_viewport_size({"width": 1440, "height": 2400})
    await page.screenshot(path=screens / "home.controls.png")
