"""Messages that the local Slack accepts appear on the page, with all blocks, edits and threads."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.browser.gallery import EVERYTHING
from tests.running_playground import Visitor

HIGH = {"width": 1440, "height": 2400}
"""Fits a long message on one screenshot."""
TOKEN = {"Authorization": "Bearer xoxb-playground"}
Call = Callable[..., Awaitable[dict[str, Any]]]


@pytest_asyncio.fixture(loop_scope="session")
async def call(visitor: Visitor) -> Call:
    """Return a function that calls the local Slack as the bot does."""
    api = (await visitor.now("hello"))["slack_url"]

    async def answer(method: str, **arguments: Any) -> dict[str, Any]:
        async with aiohttp.ClientSession(headers=TOKEN) as session:
            while True:
                async with session.post(api + method, json=arguments) as reply:
                    given: dict[str, Any] = await reply.json()
                if given.get("error") != "ratelimited":
                    return given
                await asyncio.sleep(int(reply.headers["Retry-After"]))

    return answer


async def posted(page: Page, call: Call, **message: Any) -> tuple[str, Locator]:
    """Post a message; return its `ts` and its element."""
    reply = await call("chat.postMessage", channel="C0RECRUIT", text="a text", **message)
    assert reply["ok"], reply
    return reply["ts"], page.locator(f'.slack-message[data-ts="{reply["ts"]}"]')


async def test_all_of_block_kit_is_rendered(page: Page, call: Call, screens: Path) -> None:
    _, message = await posted(page, call, blocks=EVERYTHING)
    await expect(message.locator(".slack-block")).to_have_count(len(EVERYTHING))
    await expect(message.locator(".slack-unsupported")).to_have_count(0)
    await page.set_viewport_size(HIGH)
    await message.screenshot(path=screens / "gallery.png")
    await expect(message.get_by_role("heading", name="A header & 🎉")).to_be_visible()
    await expect(message.locator("blockquote").first).to_have_text("quotedquoted too")
    await expect(message.get_by_role("img", name="a chart")).to_contain_text("example.com")
    await expect(message.locator("ol > li")).to_have_text(["first", "second"])
    await expect(message.locator(".slack-fields > div")).to_have_count(3)


async def test_an_edit_and_a_thread_appear(page: Page, call: Call) -> None:
    ts, message = await posted(page, call)
    await call("chat.postMessage", channel="C0RECRUIT", text="a reply", thread_ts=ts)
    thread = page.locator(f'details[data-thread="{ts}"]')
    await expect(thread).to_contain_text("1 reply")
    await thread.locator("summary").click()
    await expect(thread.get_by_text("a reply")).to_be_visible()
    await call("chat.update", channel="C0RECRUIT", ts=ts, text="another text")
    await expect(message).to_contain_text("another text")
    await expect(message).to_contain_text("(edited)")
    await expect(thread.get_by_text("a reply")).to_be_visible()
    await call("chat.delete", channel="C0RECRUIT", ts=ts)
    await expect(message).to_have_count(0)
