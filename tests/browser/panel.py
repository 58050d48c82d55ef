"""The Slack panel without a playground: tests send it records and see its requests."""

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

Json = dict[str, Any]

MOUNT = """async () => {
  const { mount } = await import("/slack.js");
  const handlers = {};
  window.posted = [];
  window.focused = [];
  window.answer = {};
  window.publish = (...records) => records.forEach((record) => handlers[record.kind].forEach((handle) => handle(record)));
  document.getElementById("slack").style.height = "100vh";
  mount(document.getElementById("slack"), {
    hello: { person: { id: "U1", name: "recruiter" }, bot: { id: "UBOT", name: "juicebox" } },
    on: (kind, handler) => (handlers[kind] ??= []).push(handler),
    post: async (path, body) => {
      window.posted.push([path, body]);
      return window.answer;
    },
    focusEvent: (id) => window.focused.push(id),
  });
}"""
START = time.time() - time.time() % 86_400 + 40_000
"""Today, late in the morning."""
CHANNELS = [
    {"kind": "channel", "id": "C1", "name": "recruiting", "private": False, "direct": False},
    {"kind": "channel", "id": "C2", "name": "alerts", "private": True, "direct": False},
    {"kind": "channel", "id": "D1", "name": "juicebox", "private": False, "direct": True},
]


def message(seconds: float, text: str = "", **more: Any) -> Json:
    """Return a message that the bot sent `seconds` after `START`."""
    content = {
        "kind": "message",
        "channel": "C1",
        "ts": f"{START + seconds:.6f}",
        "text": text,
        "blocks": [],
    }
    author = {"user": "UBOT", "name": "juicebox", "bot": True, "event_id": None}
    rest = {"thread_ts": None, "edited_at": None, "ephemeral": False, "deleted": False}
    return {**content, **author, **rest, **more}


BY_PERSON = {"user": "U1", "name": "recruiter", "bot": False}


async def mounted(page: "Page") -> "Page":
    """Mount the panel with its channels on this page."""
    await page.evaluate(MOUNT)
    await publish(page, *CHANNELS)
    return page


async def publish(page: "Page", *records: Json) -> None:
    await page.evaluate("(records) => window.publish(...records)", list(records))


async def posted(page: "Page") -> list[list[Any]]:
    return await page.evaluate("window.posted")


def log(page: "Page") -> "Locator":
    return page.get_by_role("log", name="Messages")


def message_box(page: "Page") -> "Locator":
    return page.get_by_role("combobox")


def sidebar_button(page: "Page", name: str) -> "Locator":
    return page.get_by_role("navigation", name="Slack's channels").get_by_role("button", name=name)
