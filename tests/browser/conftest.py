"""A real browser for the tests of the playground's page: at the playground, or at its modules alone."""

import shutil
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web

import bot.playground
from bot.playground.guard import sign_off
from tests.polling import HANG_TIMEOUT
from tests.running_playground import ROOT, Visitor, playground, visiting

if TYPE_CHECKING:
    from playwright.async_api import Browser, ConsoleMessage, Page, Response

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PAGE_FILES = Path(bot.playground.__file__).parent / "page"
ALONE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Modules of the page, alone</title>
    <link rel="icon" href="/favicon.svg">
    <link rel="stylesheet" href="/page.css">
    <link rel="stylesheet" href="/slack.css">
    <link rel="stylesheet" href="/slack_message.css">
    <link rel="stylesheet" href="/block_kit.css">
  </head>
  <body><section class="slack" id="slack"></section></body>
</html>
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser belongs to one event loop, and is started once: all its tests share both."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> "AsyncIterator[Browser]":
    """A headless Chromium; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on the PATH (Debian: apt-get install chromium)")
    if find_spec("playwright") is None:
        pytest.skip("playwright is not installed: pip install playwright")
    from playwright.async_api import async_playwright, expect  # noqa: PLC0415 - it may not be there

    expect.set_options(timeout=HANG_TIMEOUT * 1_000)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def blank_page(browser: "Browser") -> "AsyncIterator[Page]":
    """An empty page. What its console calls an error or a warning fails the test."""
    block_errors: list[str] = []

    def hear(message: "ConsoleMessage") -> None:
        if message.type in {"error", "warning"}:
            block_errors.append(f"{message.type}: {message.text}")

    context = await browser.new_context(
        viewport={"width": 1440, "height": 900}, timezone_id="UTC", locale="en-US"
    )
    context.set_default_timeout(HANG_TIMEOUT * 1_000)
    opened = await context.new_page()
    opened.on("console", hear)
    opened.on("pageerror", lambda error: block_errors.append(f"uncaught: {error}"))
    yield opened
    await context.close()
    assert block_errors == []


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where one playground is, for the tests of a module."""
    with playground() as (address, _):
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(url: str) -> AsyncIterator[Visitor]:
    async with visiting(url) as guest:
        yield guest


@pytest_asyncio.fixture(loop_scope="session")
async def page(blank_page: "Page", url: str) -> "Page":
    """The playground's page, once it is live."""
    await blank_page.goto(url)
    await blank_page.locator("#live[data-state=live]").wait_for()
    await blank_page.get_by_role("log", name="Messages").wait_for()
    return blank_page


@pytest.fixture(scope="session")
def screens() -> Path:
    """Where pictures are put for a person to look at."""
    folder = ROOT / ".screens"
    folder.mkdir(exist_ok=True)
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def page_server() -> AsyncIterator[str]:
    """Serves the page's files, and a document without any, with the playground's own headers."""

    async def alone(_: web.Request) -> web.Response:
        return web.Response(text=ALONE, content_type="text/html")

    app = web.Application()
    app.on_response_prepare.append(sign_off)
    app.router.add_get("/alone", alone)
    app.router.add_static("/", PAGE_FILES)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def static_page(blank_page: "Page", page_server: str) -> "Page":
    """A document under the page's policy, in which its modules can be imported."""
    response: Response | None = await blank_page.goto(f"{page_server}/alone")
    assert response is not None
    assert "script-src 'self'" in response.headers["content-security-policy"]
    return blank_page
