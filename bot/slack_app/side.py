"""Everything that answers Slack, opened and closed together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.slack_app.endpoint import SlackEndpoint
from bot.slack_app.socket_mode import SocketMode


@dataclass(frozen=True, slots=True)
class SlackEndpoints:
    """The HTTP door, and Socket Mode beside it where there is an app token."""

    endpoint: SlackEndpoint
    socket: SocketMode | None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        if self.socket is None:
            yield
            return
        await self.socket.open()
        try:
            yield
        finally:
            await self.socket.close()
