"""Everything that answers Slack, opened and closed together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.slack.door import SlackDoor
from bot.slack.socket_mode import SocketMode


@dataclass(frozen=True, slots=True)
class SlackSide:
    """The HTTP door, and Socket Mode beside it where there is an app token."""

    door: SlackDoor
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
