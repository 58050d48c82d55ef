"""Socket Mode: Slack's requests over a WebSocket of ours, for development behind a firewall."""

import asyncio

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.slack.log import bolt_log


class SocketMode:
    """Takes the app's requests between `open` and `close`.

    Connecting is tried until it works, in the background, so that nothing else waits for Slack.
    https://docs.slack.dev/apis/events-api/using-socket-mode/
    """

    def __init__(self, app: AsyncApp, app_token: str) -> None:
        self._app = app
        self._app_token = app_token
        self._handler: AsyncSocketModeHandler | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._handler = AsyncSocketModeHandler(self._app, self._app_token, logger=bolt_log())
        connect = self._handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it so
        self._connecting = asyncio.create_task(connect)

    async def close(self) -> None:
        if self._handler is None or self._connecting is None:
            return
        self._connecting.cancel()
        await asyncio.gather(self._connecting, return_exceptions=True)
        await self._handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it so
