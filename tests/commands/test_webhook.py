"""`webhook` registers the bot's endpoint with Juicebox, and explains errors."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.fakes.redis_server import free_port
from bot.registry import load_registry
from tests.app import MakeSettings
from tests.commands.conftest import Cli
from tests.http_server import serving

KEY, SECRET = "jb_key_canary", "whsec_canary"
ADDRESS = "https://bot.example.com/webhooks/juicebox"


class Api:
    """Juicebox's API, as far as webhooks go."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 201
        self.answer = '{"id": "wh_1"}'
        self.calls: list[tuple[str, dict[str, object]]] = []

    async def create(self, request: web.Request) -> web.Response:
        self.calls.append((request.headers["Authorization"], json.loads(await request.read())))
        return web.Response(status=self.status, text=self.answer)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    juicebox = Api()
    app = web.Application()
    app.router.add_post("/v1/webhooks", juicebox.create)
    async with serving(app) as url:
        juicebox.url = f"{url}/v1"
        yield juicebox


@pytest.fixture
def set_up(make_settings: MakeSettings, api: Api) -> None:
    make_settings(
        JUICEBOX_API_URL=api.url,
        JUICEBOX_API_KEY=KEY,
        JUICEBOX_WEBHOOK_SECRET=SECRET,
        PUBLIC_URL="https://own.example.com",
    )


async def test_the_url_is_registered_for_every_type(cli: Cli, api: Api, set_up: None) -> None:
    result = await cli("webhook", "create", ADDRESS)
    types = load_registry().types
    assert result.exit_code == 0
    assert result.output == f"Registered {ADDRESS} as wh_1 for {', '.join(types)}.\n"
    assert api.calls == [
        (f"Bearer {KEY}", {"url": ADDRESS, "events": list(types), "secret": SECRET})
    ]
    assert set(types) == {
        "export.ready",
        "key.rotated",
        "profile.enriched",
        "quota.warning",
        "search.completed",
    }


async def test_without_a_url_the_bots_own_is_registered(cli: Cli, api: Api, set_up: None) -> None:
    api.answer = "thanks"
    result = await cli("webhook", "create")
    assert result.output.startswith("Registered https://own.example.com/webhooks/juicebox for ")
    assert api.calls[0][1]["url"] == "https://own.example.com/webhooks/juicebox"


@pytest.mark.parametrize(
    ("changes", "args", "expected"),
    [
        ({}, (ADDRESS,), "JUICEBOX_API_KEY is missing: Juicebox's API needs it"),
        (
            {"JUICEBOX_API_KEY": KEY},
            ("http://bot.example.com",),
            "http://bot.example.com is not https://: Juicebox sends events only to https:// URLs",
        ),
        ({"JUICEBOX_API_KEY": KEY}, (), "give the URL as an argument, or set PUBLIC_URL"),
    ],
)
async def test_what_is_missing_is_named(
    cli: Cli, make_settings: MakeSettings, changes: dict[str, str], args: tuple[str], expected: str
) -> None:
    make_settings(**changes)
    result = await cli("webhook", "create", *args)
    assert result.exit_code == 2
    assert result.output == f"juicebox-bot: {expected}\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, "{}"), "Juicebox refuses JUICEBOX_API_KEY (401): is it the current key?"),
        ((409, '{"error": "exists"}'), "Juicebox answers 409: exists"),
        ((422, '{"error": {"message": "bad\\u001b url"}}'), "Juicebox answers 422: bad\\x1b url"),
        ((400, '{"message": "secret whsec_canary?"}'), "Juicebox answers 400: secret ***?"),
        ((400, '{"message": "key jb_key_canary?"}'), "Juicebox answers 400: key ***?"),
        ((500, "<html>"), "Juicebox answers 500"),
        ((500, "[]"), "Juicebox answers 500"),
        ((302, ""), "Juicebox answers 302"),
    ],
)
async def test_an_error_of_juicebox_is_shown(
    cli: Cli, api: Api, set_up: None, answer: tuple[int, str], expected: str
) -> None:
    api.status, api.answer = answer
    result = await cli("webhook", "create", ADDRESS)
    assert result.exit_code == 1
    assert result.output == f"juicebox-bot: {expected}\n"


async def test_an_api_that_cannot_be_reached_is_named(
    cli: Cli, make_settings: MakeSettings
) -> None:
    port = free_port()
    make_settings(JUICEBOX_API_URL=f"http://127.0.0.1:{port}/v1", JUICEBOX_API_KEY=KEY)
    result = await cli("webhook", "create", ADDRESS)
    assert result.exit_code == 1
    assert result.output == f"juicebox-bot: 127.0.0.1:{port}: the connection is refused\n"
