"""The page fits large and small screens, and is accessible."""

import re
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.node_modules import NODE_MODULES
from tests.running_playground import Visitor

AXE = NODE_MODULES / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(
    not AXE.exists(), reason="axe-core is not here: make node_modules fetches it"
)
LARGE_SCREENS = [(1440, 900), (1180, 800)]
PHONES = [(390, 844), (360, 640)]
PANELS = {
    "Juicebox": "Juicebox",
    "Slack": "Slack",
    "Inbox": "Inbox",
    "Timeline": "Event timeline",
}
"""The accessible name of each panel, by the label of its tab."""


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def some_events(visitor: Visitor, page: Page) -> None:
    await visitor.call("/send", what="hostile")
    await visitor.call("/send", what="export.ready")
    await page.locator(".mail-row").nth(1).wait_for()
    await page.locator(".timeline-row").nth(1).wait_for()


async def expect_to_fit(page: Page) -> None:
    """Wait until the page is neither wider nor higher than the window."""
    await page.wait_for_function(
        "document.documentElement.scrollWidth === innerWidth"
        " && document.documentElement.scrollHeight === innerHeight"
    )


@pytest.mark.parametrize(("width", "height"), LARGE_SCREENS)
async def test_all_panels_fit_on_a_large_screen(
    page: Page, screens: Path, width: int, height: int
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await expect_to_fit(page)
    for name in PANELS.values():
        await expect(page.get_by_role("region", name=name, exact=True)).to_be_in_viewport()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        await page.screenshot(path=screens / f"page.{width}.{scheme}.png")


@pytest.mark.parametrize(("width", "height"), PHONES)
async def test_a_phone_shows_one_panel_at_a_time(
    page: Page, screens: Path, width: int, height: int
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    tabs = page.get_by_role("navigation", name="Panels")
    for tab, name in PANELS.items():
        await tabs.get_by_role("button", name=tab).click()
        shown = page.get_by_role("region", name=name, exact=True)
        await expect(shown).to_be_in_viewport()
        for other in set(PANELS.values()) - {name}:
            await expect(page.get_by_role("region", name=other, exact=True)).to_be_hidden()
        await expect_to_fit(page)
        await page.screenshot(path=screens / f"page.{width}.{tab.lower()}.png")


async def test_a_tablet_shows_slack_or_inbox(page: Page, screens: Path) -> None:
    await page.set_viewport_size({"width": 820, "height": 1180})
    for name, other in (("Inbox", "Slack"), ("Slack", "Inbox")):
        tabs = page.get_by_role("navigation", name="Panels")
        await tabs.get_by_role("button", name=name).click()
        for shown in ("Juicebox", name, "Event timeline"):
            await expect(page.get_by_role("region", name=shown, exact=True)).to_be_in_viewport()
        await expect(page.get_by_role("region", name=other, exact=True)).to_be_hidden()
        await expect_to_fit(page)
        await page.screenshot(path=screens / f"page.820.{name.lower()}.png")


async def test_a_tab_says_where_something_is_new(page: Page, visitor: Visitor) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    tabs = page.get_by_role("navigation", name="Panels")
    slack = tabs.get_by_role("button", name="Slack")
    await slack.click()
    await expect(slack).to_have_accessible_name("Slack")
    await tabs.get_by_role("button", name="Inbox").click()
    await visitor.call("/send", what="key.rotated")
    await expect(slack).to_have_accessible_name(re.compile(r"Slack,? \d+ new"))


async def test_the_page_can_be_used_by_keyboard(page: Page) -> None:
    button = page.get_by_role("button", name="search.completed", exact=True)
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await button.evaluate("element => element === document.activeElement"):
            break
    responses = page.get_by_role("list", name="Webhook responses")
    async with page.expect_response("**/send") as sent:
        await page.keyboard.press("Enter")
    n = (await (await sent.value).json())["n"]
    await expect(responses.locator(f'> li[data-n="{n}"]')).to_be_visible()
    outline = await button.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"


async def test_the_failure_buttons_keep_the_focus(page: Page) -> None:
    failures = page.get_by_role("region", name="Simulate failures")
    await failures.get_by_label("for the").select_option("until cleared")
    button = failures.get_by_role("button", name="451")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(button).to_be_focused()
    await failures.get_by_role("button", name="Clear all").click()
    await expect(button).to_have_attribute("aria-pressed", "false")


async def violations(page: Page) -> list[str]:
    """Return the violations that axe-core rates as serious or critical."""
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("axe.run(document, {iframes: false})")
    return [
        f"{v['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for v in found["violations"]
        if v["impact"] in {"serious", "critical"}
        for node in v["nodes"]
    ]


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(page: Page, scheme: Any) -> None:
    await page.emulate_media(color_scheme=scheme)
    assert await violations(page) == []
    await page.get_by_role("button", name="juicebox: Home").click()
    home = page.get_by_role("region", name="Home tab")
    await home.get_by_role("button", name="Add a subscription").click()
    modal = page.get_by_role("dialog", name="Add a subscription")
    await expect(modal).to_be_visible()
    assert await violations(page) == []
    await modal.get_by_role("button", name="Cancel").click()
    await home.get_by_role("button", name=re.compile("Turn o(n|ff)")).click()
    await expect(home).to_contain_text("Quiet hours are")
    await page.get_by_role("button", name="Headers").click()
    assert await violations(page) == []
    await page.set_viewport_size({"width": 390, "height": 844})
    for name in PANELS:
        tabs = page.get_by_role("navigation", name="Panels")
        await tabs.get_by_role("button", name=name).click()
        assert await violations(page) == []
