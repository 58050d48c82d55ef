"""Socket Mode: Slack's requests over a WebSocket that the bot opens, for development behind a firewall."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat

import structlog
from pydantic import BaseModel
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.http.proxies import proxy_for
from bot.slack_app.bolt_log import bolt_log
from bot.slack_app.workspace import CALL_ERRORS
from bot.transports.slack.replies import refusal_in
from bot.transports.slack.scopes import app_token_fix

_RETRY_INTERVALS = (5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds between two requests for a socket; the last interval repeats."""
_PING_INTERVAL = 10

Sleep = Callable[[float], Awaitable[None]]

_log = structlog.get_logger()


class _Socket(BaseModel):
    """https://docs.slack.dev/reference/methods/apps.connections.open."""

    url: str


@dataclass(frozen=True, slots=True)
class SocketMode:
    """Receives the app's requests while it is `running`.

    It connects in the background and retries until it succeeds, so that nothing else waits for Slack.
    https://docs.slack.dev/apis/events-api/using-socket-mode/
    """

    app: AsyncApp
    app_token: str = field(repr=False)
    retry_intervals: Sequence[float] = _RETRY_INTERVALS
    sleep: Sleep = asyncio.sleep

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start to connect, and close the connection at the end."""
        handler = _Handler(self.app, _Client(self))
        connect = handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it so
        connecting = asyncio.create_task(connect)
        try:
            yield
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it so


class _Client(SocketModeClient):
    """slack_sdk's client with backoff, and with one log line for as long as the reason is the same.

    slack_sdk's own retries every few seconds forever, and logs each refusal twice, without the reason.
    """

    def __init__(self, mode: SocketMode) -> None:
        super().__init__(
            app_token=mode.app_token,
            logger=bolt_log(),
            web_client=mode.app.client,
            ping_interval=_PING_INTERVAL,
        )
        self._retry_intervals = mode.retry_intervals
        self._sleep = mode.sleep

    async def issue_new_wss_url(self) -> str:
        """Return the URL of a new socket as soon as Slack provides one."""
        intervals = chain(self._retry_intervals, repeat(self._retry_intervals[-1]))
        logged = ""
        while True:
            try:
                reply = await self.web_client.apps_connections_open(app_token=self.app_token)
                url = _Socket.model_validate(reply.data).url
            except CALL_ERRORS as error:
                logged = _log_failure(error, logged)
                await self._sleep(next(intervals))
                continue
            if logged:
                _log.info("slack gives a socket again")
            self.proxy = proxy_for(url)
            return url


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, with a client that is passed in."""

    def __init__(self, app: AsyncApp, client: SocketModeClient) -> None:
        self.app = app
        self.client = client
        client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]  # as Bolt does


def _log_failure(error: Exception, logged: str) -> str:
    """Log Slack's error code or the exception's type, unless it is `logged` already; return it."""
    code = refusal_in(error.response).error if isinstance(error, SlackApiError) else None
    reason = code or type(error).__name__
    if reason == logged:
        return reason
    if code:
        _log.error("slack refuses SLACK_APP_TOKEN", reason=code, fix=app_token_fix(code))
    else:
        _log.warning("slack gives no socket", fault=reason)
    return reason
