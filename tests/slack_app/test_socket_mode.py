"""Socket Mode, against a WebSocket that talks as Slack's does."""

import asyncio
import json
from collections.abc import AsyncIterator
from types import NoneType
from typing import Any
from urllib.parse import parse_qsl

import pytest
import structlog.testing
from aiohttp import WSMsgType, web
from slack_bolt.async_app import AsyncApp

from bot.slack_app.app import create_bolt
from bot.slack_app.endpoint import SlackEndpoint
from bot.slack_app.side import SlackEndpoints
from bot.slack_app.socket_mode import SocketMode
from bot.store import Store
from bot.transports.slack.client import slack_client
from bot.wiring import build_slack
from tests.app import MakeSettings
from tests.http_proxy import HttpProxy
from tests.polling import HANG_SECONDS, until
from tests.renderers import SLACK_RENDERER
from tests.slack_app.conftest import Clock, describe
from tests.slack_app.traffic import SECRET, slash_command


class SocketModeServer:
    """Opens sockets for `xapp-token`, sends the envelope over the first, and keeps the answer."""

    def __init__(self, envelope: dict[str, Any]) -> None:
        self.url = ""
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.closed = asyncio.Event()
        self.opened = asyncio.Event()
        self.refuse = False
        self.broken = 0
        self.asked = 0
        self._envelope = envelope

    async def open(self, request: web.Request) -> web.Response:
        self.opened.set()
        self.asked += 1
        if self.asked <= self.broken:
            return web.Response(status=503, text="<html>")
        if self.refuse or request.headers["Authorization"] != "Bearer xapp-token":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        return web.json_response({"ok": True, "url": self.url.replace("http", "ws") + "socket"})

    async def identify(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "team_id": "T0JUICEBOX", "user_id": "U0BOT"})

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        await socket.send_json(self._envelope)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.answers.put_nowait(json.loads(message.data))
        self.closed.set()
        return socket


@pytest.fixture
async def server() -> AsyncIterator[SocketModeServer]:
    payload = dict(parse_qsl(slash_command("help").decode(), keep_blank_values=True))
    server = SocketModeServer(
        {
            "envelope_id": "dbdd0ef3-1543-4f94-bfb4-133d0e6c1545",
            "type": "slash_commands",
            "accepts_response_payload": True,
            "payload": payload,
        }
    )
    app = web.Application()
    app.router.add_post("/api/apps.connections.open", server.open)
    app.router.add_post("/api/auth.test", server.identify)
    app.router.add_get("/api/socket", server.talk)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    yield server
    await runner.cleanup()


@pytest.fixture
def app(server: SocketModeServer, store: Store, clock: Clock) -> AsyncApp:
    return create_bolt(
        signing_secret=SECRET,
        client=slack_client("xoxb-test-token", server.url),
        store=store,
        render=SLACK_RENDERER.render_template,
        describe=describe,
        clock=clock,
    )


async def test_a_command_is_answered_over_the_socket(
    app: AsyncApp, server: SocketModeServer
) -> None:
    async with SlackEndpoints(SlackEndpoint(app, SECRET), SocketMode(app, "xapp-token")).running():
        answer = await asyncio.wait_for(server.answers.get(), HANG_SECONDS)
    assert answer["envelope_id"] == "dbdd0ef3-1543-4f94-bfb4-133d0e6c1545"
    assert answer["payload"]["response_type"] == "ephemeral"
    assert answer["payload"]["text"].startswith("Try /juicebox status")
    await asyncio.wait_for(server.closed.wait(), HANG_SECONDS)


async def test_a_process_starts_and_stops_while_slack_refuses_a_socket(
    app: AsyncApp, server: SocketModeServer
) -> None:
    server.refuse = True
    socket = SocketMode(app, "xapp-token")
    await asyncio.wait_for(socket.open(), HANG_SECONDS)
    await asyncio.wait_for(server.opened.wait(), HANG_SECONDS)
    await asyncio.wait_for(socket.close(), HANG_SECONDS)


async def test_closing_what_was_never_opened_is_no_fault(
    app: AsyncApp, server: SocketModeServer
) -> None:
    await SocketMode(app, "xapp-token").close()
    assert not server.opened.is_set()


@pytest.mark.parametrize(("app_token", "kind"), [(None, NoneType), ("xapp-token", SocketMode)])
async def test_a_socket_takes_an_app_token(
    make_settings: MakeSettings, store: Store, app_token: str | None, kind: type
) -> None:
    side = build_slack(make_settings(SLACK_APP_TOKEN=app_token), store)
    assert side is not None
    assert type(side.socket) is kind


async def test_a_refused_app_token_is_named_once_with_what_to_do(
    app: AsyncApp, server: SocketModeServer, caplog: pytest.LogCaptureFixture
) -> None:
    with structlog.testing.capture_logs() as logs:
        socket = SocketMode(app, "xapp-wrong", pauses=[0.0])
        await socket.open()
        await until(lambda: was_asked(server, 20))
        await socket.close()
    assert logs == [
        {
            "event": "slack refuses SLACK_APP_TOKEN",
            "log_level": "error",
            "reason": "invalid_auth",
            "fix": "make one that begins with xapp- and has the scope connections:write on the"
            " app's page, 'Basic Information', 'App-Level Tokens'",
        }
    ]
    assert caplog.records == []


async def test_a_slack_that_is_away_is_named_once_and_so_is_its_return(
    app: AsyncApp, server: SocketModeServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.broken = 5
    with structlog.testing.capture_logs() as logs:
        async with SlackEndpoints(
            SlackEndpoint(app, SECRET), SocketMode(app, "xapp-token", pauses=[0.0])
        ).running():
            await asyncio.wait_for(server.answers.get(), 5)
    assert [line["event"] for line in logs[:2]] == [
        "slack gives no socket",
        "slack gives a socket again",
    ]
    assert caplog.records == []


async def test_the_pauses_grow_to_the_last_one(
    app: AsyncApp, server: SocketModeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def counted(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr("bot.slack_app.socket_mode.asyncio.sleep", counted)
    socket = SocketMode(app, "xapp-wrong", pauses=[1.0, 2.0, 3.0])
    await socket.open()
    async with asyncio.timeout(HANG_SECONDS):
        while server.asked < 6:
            await sleep(0.01)
    await socket.close()
    assert [pause for pause in slept if pause >= 1.0][:5] == [1.0, 2.0, 3.0, 3.0, 3.0]


async def test_a_socket_goes_through_the_proxy(
    app: AsyncApp, server: SocketModeServer, proxy: HttpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    async with SlackEndpoints(SlackEndpoint(app, SECRET), SocketMode(app, "xapp-token")).running():
        await asyncio.wait_for(server.answers.get(), 5)
    assert [asked for asked in proxy.asked if asked.endswith("/socket")] == [
        f"GET {server.url.replace('http', 'ws')}socket"
    ]


async def test_a_socket_is_excepted_from_the_proxy_by_its_own_host(
    app: AsyncApp, server: SocketModeServer, proxy: HttpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with SlackEndpoints(SlackEndpoint(app, SECRET), SocketMode(app, "xapp-token")).running():
        await asyncio.wait_for(server.answers.get(), 5)
    assert proxy.asked == []


async def was_asked(server: SocketModeServer, times: int) -> bool:
    return server.asked >= times
