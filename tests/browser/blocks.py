"""Renders single blocks on the page."""

from typing import TYPE_CHECKING, Any

from tests.browser.gallery import mrkdwn, plain

if TYPE_CHECKING:
    from playwright.async_api import Page

Json = dict[str, Any]

SHOW = """async (blocks) => {
  const { blocksView } = await import("/block_kit.js");
  const names = { user: (id) => id, channel: () => "recruiting" };
  window.pressed = [];
  const press = (block, element, value) => window.pressed.push([block.block_id, element.action_id, value]);
  document.getElementById("slack").replaceChildren(...blocksView(blocks, names, press));
}"""


def button(action_id: str, text: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def option(text: str, value: str) -> Json:
    return {"text": plain(text), "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "block_id": "b1", "elements": list(elements)}


SURE = {
    "title": plain("Delete it?"),
    "text": mrkdwn("It is *gone* then."),
    "confirm": plain("Delete"),
    "deny": plain("Keep"),
    "style": "danger",
}


async def show(page: "Page", *blocks: Json) -> None:
    await page.evaluate(SHOW, list(blocks))


async def html(page: "Page", *blocks: Json) -> str:
    """Return the HTML inside the first block."""
    await show(page, *blocks)
    return await page.locator("#slack > *").first.inner_html()


async def pressed(page: "Page") -> list[list[Any]]:
    return await page.evaluate("window.pressed")
