"""`send` posts a signed event as Juicebox does, and shows the response."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.clock import utc_now
from bot.fakes.redis_server import free_port
from bot.intake.envelope import parse_envelope
from bot.intake.signature import sign
from tests.app import MakeSettings
from tests.commands.conftest import Cli
from tests.http_server import serving

SECRET = "whsec_sending"


class Bot:
    """An endpoint that stores the request, and sends a scripted response."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.answer = '{"received": true}'
        self.headers: dict[str, str] = {}
        self.body = b""

    async def take(self, request: web.Request) -> web.Response:
        self.headers, self.body = dict(request.headers), await request.read()
        location = {"Location": self.url + "/elsewhere"} if self.status == 302 else None
        return web.Response(status=self.status, text=self.answer, headers=location)


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    taker = Bot()
    app = web.Application()
    app.router.add_post("/webhooks/juicebox", taker.take)
    async with serving(app) as url:
        taker.url = f"{url}/webhooks/juicebox"
        yield taker


async def test_a_sample_is_signed_and_posted(cli: Cli, bot: Bot) -> None:
    result = await cli("send", "search.completed", "--url", bot.url, "--secret", SECRET)
    event = parse_envelope(bot.body, utc_now())
    assert result.exit_code == 0
    assert result.output == f'{event.id} -> 200 {{"received": true}}\n'
    assert event.id.startswith("evt_")
    assert event.type == "search.completed"
    assert "searchId" in event.data
    assert bot.headers["x-juicebox-signature"] == sign(bot.body, SECRET.encode())
    assert bot.headers["Content-Type"] == "application/json"


async def test_a_test_is_marked_in_its_envelope(cli: Cli, bot: Bot, tmp_path: Path) -> None:
    args = ("--url", bot.url, "--secret", SECRET)
    await cli("send", "search.completed", *args, "--test")
    assert json.loads(bot.body)["test"] is True
    assert bot.headers["x-juicebox-signature"] == sign(bot.body, SECRET.encode())
    file = tmp_path / "event.json"
    file.write_text('{"type": "search.completed", "data": {}, "test": false}')
    await cli("send", "search.completed", *args, "--data", str(file), "--test")
    assert parse_envelope(bot.body, utc_now()).test is True
    await cli("send", "search.completed", *args)
    assert "test" not in json.loads(bot.body)


async def test_the_secret_comes_from_the_environment(
    cli: Cli, bot: Bot, make_settings: MakeSettings
) -> None:
    make_settings(JUICEBOX_WEBHOOK_SECRET="whsec_environment")
    result = await cli("send", "search.completed", "--url", bot.url, "--id", "evt_mine")
    assert result.output.startswith("evt_mine -> 200")
    assert bot.headers["x-juicebox-signature"] == sign(bot.body, b"whsec_environment")


async def test_a_files_data_is_sent(cli: Cli, bot: Bot, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text('{"searchId": "s", "resultCount": 3}')
    args = ("--url", bot.url, "--secret", SECRET, "--data", str(file))
    await cli("send", "search.completed", *args)
    assert parse_envelope(bot.body, utc_now()).data == {"searchId": "s", "resultCount": 3}


async def test_a_whole_event_is_sent_as_it_is(cli: Cli, bot: Bot, tmp_path: Path) -> None:
    whole = {
        "id": "evt_file",
        "type": "search.completed",
        "timestamp": "2026-01-15T14:30:00Z",
        "data": {"searchId": "s"},
        "extra": 1,
    }
    file = tmp_path / "event.json"
    file.write_text(json.dumps(whole))
    args = ("--url", bot.url, "--secret", SECRET, "--data", str(file))
    await cli("send", "search.completed", *args)
    assert json.loads(bot.body) == whole
    await cli("send", "search.completed", *args, "--id", "evt_other")
    assert parse_envelope(bot.body, utc_now()).id == "evt_other"


async def test_a_type_that_no_handler_knows_can_be_sent_from_a_file(
    cli: Cli, bot: Bot, tmp_path: Path
) -> None:
    file = tmp_path / "data.json"
    file.write_text("{}")
    args = ("--url", bot.url, "--secret", SECRET)
    without = await cli("send", "brand.new", *args)
    assert without.exit_code == 2
    assert "no handler knows brand.new; there are: " in without.output
    result = await cli("send", "brand.new", *args, "--data", str(file))
    assert result.exit_code == 0
    assert parse_envelope(bot.body, utc_now()).type == "brand.new"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("no JSON", "is not JSON that can be read"),
        ("[1]", "data must be a JSON object"),
        ('{"type": "export.ready", "data": {}}', "holds an event of type export.ready"),
        (
            '{"type": "search.completed", "data": {}, "timestamp": "soon"}',
            "timestamp must be an ISO 8601 date and time",
        ),
    ],
)
async def test_a_file_that_does_not_fit_is_refused(
    cli: Cli, bot: Bot, tmp_path: Path, content: str, expected: str
) -> None:
    file = tmp_path / "data.json"
    file.write_text(content)
    args = ("--url", bot.url, "--secret", SECRET, "--data", str(file))
    result = await cli("send", "search.completed", *args)
    assert result.exit_code == 2
    assert expected in " ".join(result.output.split())
    assert bot.body == b""


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "juicebox-bot: not accepted: the bot has another JUICEBOX_WEBHOOK_SECRET\n"),
        (302, "juicebox-bot: not accepted\n"),
        (503, "juicebox-bot: not accepted: the bot cannot reach its Redis\n"),
    ],
)
async def test_an_answer_other_than_200_fails(
    cli: Cli, bot: Bot, status: int, expected: str
) -> None:
    bot.status, bot.answer = status, "no\x1b[2J"
    args = ("--url", bot.url, "--secret", SECRET, "--id", "evt_1")
    result = await cli("send", "search.completed", *args)
    assert result.exit_code == 1
    assert result.output == f"evt_1 -> {status} no\\x1b[2J\n{expected}"


@pytest.mark.parametrize("url", ["nonsense", "http://[::1", "ftp://127.0.0.1/"])
async def test_an_invalid_address_is_named(cli: Cli, url: str) -> None:
    result = await cli("send", "search.completed", "--url", url, "--secret", SECRET)
    assert result.exit_code == 1
    assert result.output == f"juicebox-bot: {url} is not an http:// or https:// address\n"


async def test_an_unreachable_bot_is_named(cli: Cli) -> None:
    port = free_port()
    url = f"http://user:hunter2@127.0.0.1:{port}/"
    result = await cli("send", "search.completed", "--url", url, "--secret", SECRET)
    assert result.exit_code == 1
    assert result.output == f"juicebox-bot: 127.0.0.1:{port}: the connection is refused\n"
