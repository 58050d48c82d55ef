"""Socket Mode, against a server that speaks Slack's protocol."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from types import NoneType
from typing import Any
from urllib.parse import parse_qsl

import pytest
import structlog.testing
from aiohttp import WSMsgType, web
from slack_bolt.async_app import AsyncApp

from bot.slack_app.app import Timeouts, create_bolt
from bot.slack_app.context import AppContext
from bot.slack_app.endpoint import SlackEndpoint, SlackEndpoints
from bot.slack_app.socket_mode import SocketMode
from bot.slack_app.workspace import Workspace
from bot.store import Store
from bot.transports.slack.client import slack_client
from bot.web import build_slack
from tests.app import MakeSettings
from tests.http_proxy import HttpProxy
from tests.http_server import serving
from tests.polling import HANG_TIMEOUT, until
from tests.slack_app.traffic import SECRET, slash_command


class SocketModeServer:
    """Opens sockets for `xapp-token`, sends the envelope over each, and keeps the answers."""

    def __init__(self, envelope: dict[str, Any]) -> None:
        self.url = ""
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.closed = asyncio.Event()
        self.opened = asyncio.Event()
        self.refuse = False
        self.failures = 0
        self.requests = 0
        self._envelope = envelope

    async def open(self, request: web.Request) -> web.Response:
        self.opened.set()
        self.requests += 1
        if self.requests <= self.failures:
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
    async with serving(app, shutdown_timeout=0) as url:
        server.url = f"{url}/api/"
        yield server


@pytest.fixture
def app(server: SocketModeServer, context: AppContext) -> AsyncApp:
    client = slack_client("xoxb-test-token", server.url)
    workspace = Workspace(client, Timeouts().identify_workspace)
    return create_bolt(
        signing_secret=SECRET, context=replace(context, client=client, workspace=workspace)
    )


async def test_a_command_is_answered_over_the_socket(
    app: AsyncApp, server: SocketModeServer
) -> None:
    async with SlackEndpoints(SlackEndpoint(app, SECRET), SocketMode(app, "xapp-token")).running():
        answer = await asyncio.wait_for(server.answers.get(), HANG_TIMEOUT)
    assert answer["envelope_id"] == "dbdd0ef3-1543-4f94-bfb4-133d0e6c1545"
    assert answer["payload"]["response_type"] == "ephemeral"
    assert answer["payload"]["text"].startswith("/juicebox status")
    await asyncio.wait_for(server.closed.wait(), HANG_TIMEOUT)


async def test_it_opens_and_closes_while_slack_refuses_a_socket(
    app: AsyncApp, server: SocketModeServer
) -> None:
    server.refuse = True
    async with asyncio.timeout(HANG_TIMEOUT), SocketMode(app, "xapp-token").running():
        await server.opened.wait()


@pytest.mark.parametrize(("app_token", "kind"), [(None, NoneType), ("xapp-token", SocketMode)])
async def test_socket_mode_needs_an_app_token(
    make_settings: MakeSettings, store: Store, app_token: str | None, kind: type
) -> None:
    endpoints = build_slack(make_settings(SLACK_APP_TOKEN=app_token), store)
    assert endpoints is not None
    assert type(endpoints.socket) is kind


async def test_a_refused_app_token_is_logged_once_with_its_fix(
    app: AsyncApp, server: SocketModeServer, caplog: pytest.LogCaptureFixture
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with SocketMode(app, "xapp-wrong", retry_intervals=[0.0]).running():
            await until(lambda: has_requests(server, 20))
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


async def test_an_outage_of_slack_is_logged_once_and_so_is_its_end(
    app: AsyncApp, server: SocketModeServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.failures = 5
    with structlog.testing.capture_logs() as logs:
        async with SocketMode(app, "xapp-token", retry_intervals=[0.0]).running():
            await asyncio.wait_for(server.answers.get(), HANG_TIMEOUT)
    assert [line["event"] for line in logs[:2]] == [
        "slack gives no socket",
        "slack gives a socket again",
    ]
    assert caplog.records == []


async def test_the_last_retry_interval_repeats(app: AsyncApp, server: SocketModeServer) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    socket = SocketMode(app, "xapp-wrong", retry_intervals=[1.0, 2.0, 3.0], sleep=sleep)
    async with socket.running():
        await until(lambda: has_requests(server, 6))
    assert slept[:5] == [1.0, 2.0, 3.0, 3.0, 3.0]


async def test_a_socket_uses_the_proxy(
    app: AsyncApp, server: SocketModeServer, proxy: HttpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    async with SocketMode(app, "xapp-token").running():
        await asyncio.wait_for(server.answers.get(), HANG_TIMEOUT)
    assert [url for url in proxy.requests if url.endswith("/socket")] == [
        f"GET {server.url.replace('http', 'ws')}socket"
    ]


async def has_requests(server: SocketModeServer, count: int) -> bool:
    return server.requests >= count
