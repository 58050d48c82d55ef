"""Socket Mode: Slack's requests over a WebSocket of ours, for development behind a firewall."""

import asyncio
from collections.abc import Sequence
from itertools import chain, repeat

import structlog
from pydantic import BaseModel
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.http.proxies import proxy_for
from bot.slack_app.bolt_log import bolt_log
from bot.slack_app.workspace import NO_ANSWER
from bot.transports.slack.app_token import fix_for
from bot.transports.slack.replies import refusal_in

_PAUSES = (5.0, 10.0, 30.0, 60.0, 300.0)
"""Seconds between two requests for a socket; the last interval repeats."""
_PING_SECONDS = 10

_log = structlog.get_logger()


class _Socket(BaseModel):
    """https://docs.slack.dev/reference/methods/apps.connections.open."""

    url: str


class SocketMode:
    """Takes the app's requests between `open` and `close`.

    Connecting is tried until it works, in the background, so that nothing else waits for Slack.
    https://docs.slack.dev/apis/events-api/using-socket-mode/
    """

    def __init__(self, app: AsyncApp, app_token: str, *, pauses: Sequence[float] = _PAUSES) -> None:
        self._app = app
        self._app_token = app_token
        self._pauses = pauses
        self._handler: _Handler | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._handler = _Handler(self._app, _Client(self._app, self._app_token, self._pauses))
        connect = self._handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it so
        self._connecting = asyncio.create_task(connect)

    async def close(self) -> None:
        if self._handler is None or self._connecting is None:
            return
        self._connecting.cancel()
        await asyncio.gather(self._connecting, return_exceptions=True)
        await self._handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it so


class _Client(SocketModeClient):
    """slack_sdk's client, except that it logs once why there is no socket, and backs off.

    slack_sdk's own asks every few seconds for ever, and logs each refusal twice, without the reason.
    """

    def __init__(self, app: AsyncApp, app_token: str, pauses: Sequence[float]) -> None:
        super().__init__(
            app_token=app_token,
            logger=bolt_log(),
            web_client=app.client,
            ping_interval=_PING_SECONDS,
        )
        self._pauses = pauses

    async def issue_new_wss_url(self) -> str:
        """The URL of a new socket, as soon as Slack gives one."""
        pauses = chain(self._pauses, repeat(self._pauses[-1]))
        told = ""
        while True:
            try:
                reply = await self.web_client.apps_connections_open(app_token=self.app_token)
                url = _Socket.model_validate(reply.data).url
            except NO_ANSWER as fault:
                reason = _reason(fault)
                if reason != told:
                    _tell(fault, reason)
                told = reason
                await asyncio.sleep(next(pauses))
                continue
            if told:
                _log.info("slack gives a socket again")
            self.proxy = proxy_for(url)
            return url


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler, with a client that it is given."""

    def __init__(self, app: AsyncApp, client: SocketModeClient) -> None:
        self.app = app
        self.client = client
        client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]  # as Bolt does


def _reason(fault: Exception) -> str:
    """Slack's name for what is wrong; the type of the fault where the answer is not Slack's."""
    name = refusal_in(fault.response).error if isinstance(fault, SlackApiError) else None
    return name or type(fault).__name__


def _tell(fault: Exception, reason: str) -> None:
    if isinstance(fault, SlackApiError) and refusal_in(fault.response).error:
        _log.error("slack refuses SLACK_APP_TOKEN", reason=reason, fix=fix_for(reason))
    else:
        _log.warning("slack gives no socket", fault=reason)
