"""A real browser, for tests of the playground's whole page or of single modules of it."""

import shutil
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web

import bot.playground
from bot.playground.guard import add_security_headers
from tests.http_server import serving
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
    """Run all browser tests in one event loop, because they share one browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> "AsyncIterator[Browser]":
    """Return a headless Chromium, or skip the test if there is none."""
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
    """Yield an empty page; an error or warning in its console fails the test."""
    problems: list[str] = []

    def on_console(message: "ConsoleMessage") -> None:
        if message.type in {"error", "warning"}:
            problems.append(f"{message.type}: {message.text}")

    context = await browser.new_context(
        viewport={"width": 1440, "height": 900}, timezone_id="UTC", locale="en-US"
    )
    context.set_default_timeout(HANG_TIMEOUT * 1_000)
    opened = await context.new_page()
    opened.on("console", on_console)
    opened.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
    yield opened
    await context.close()
    assert problems == []


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Run one playground for all tests of a module, and yield its URL."""
    with playground() as (address, _):
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(url: str) -> AsyncIterator[Visitor]:
    async with visiting(url) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def page(blank_page: "Page", url: str) -> "Page":
    """Open the playground's page and wait until it is live."""
    await blank_page.goto(url)
    await blank_page.locator("#live[data-state=live]").wait_for()
    await blank_page.get_by_role("log", name="Messages").wait_for()
    return blank_page


@pytest.fixture(scope="session")
def screens() -> Path:
    """Return the folder for screenshots, which no test compares."""
    folder = ROOT / ".screens"
    folder.mkdir(exist_ok=True)
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def page_server() -> AsyncIterator[str]:
    """Serve the page's files and an empty document, with the playground's headers."""

    async def alone(_: web.Request) -> web.Response:
        return web.Response(text=ALONE, content_type="text/html")

    app = web.Application()
    app.on_response_prepare.append(add_security_headers)
    app.router.add_get("/alone", alone)
    app.router.add_static("/", PAGE_FILES)
    async with serving(app) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def static_page(blank_page: "Page", page_server: str) -> "Page":
    """Open an empty document with the page's security policy, to import its modules."""
    response: Response | None = await blank_page.goto(f"{page_server}/alone")
    assert response is not None
    assert "script-src 'self'" in response.headers["content-security-policy"]
    return blank_page
