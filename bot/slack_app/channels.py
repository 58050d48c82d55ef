"""What Slack says of the channels that the bot posts to: whether it is in them, and who may see them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from pydantic import BaseModel
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_app.workspace import CALL_ERRORS
from bot.transports.slack.ids import is_channel, is_conversation, is_user

_INSIDE_FOR, _OUTSIDE_FOR = timedelta(minutes=5), timedelta(seconds=10)
_TIMEOUT = timedelta(seconds=0.3)
_MOST_KEPT = 1_000
_MOST_PRIVATE = 999
"""https://docs.slack.dev/reference/methods/conversations.list#arg_limit"""

_log = structlog.get_logger()


class SlackChannel(BaseModel):
    """https://docs.slack.dev/reference/objects/conversation-object."""

    name: str = ""
    is_member: bool = False
    is_private: bool = False


_NOT_SEEN = SlackChannel(is_private=True)
"""A channel that does not exist, or a private one that the bot is not in."""


class _Info(BaseModel):
    """https://docs.slack.dev/reference/methods/conversations.info."""

    channel: SlackChannel


class _Metadata(BaseModel):
    next_cursor: str = ""


class _List(BaseModel):
    """https://docs.slack.dev/reference/methods/conversations.list."""

    channels: list[SlackChannel]
    response_metadata: _Metadata = _Metadata()


class Channels:
    """Asks Slack about channels, and remembers the answers for a while. `monotonic` gives seconds."""

    def __init__(
        self, client: AsyncWebClient, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, SlackChannel]] = {}
        self._private: tuple[float, frozenset[str]] | None = None

    async def get(self, channel: str) -> SlackChannel | None:
        """Return what Slack says of the channel with this id; None if it does not say."""
        asked_at, known = self._known.get(channel, (0.0, None))
        kept_for = _INSIDE_FOR if known and known.is_member else _OUTSIDE_FOR
        if known and self._is_fresh(asked_at, kept_for):
            return known
        try:
            found = _Info.model_validate(
                await _data(self._client.conversations_info(channel=channel))
            )
            known = found.channel
        except CALL_ERRORS as error:
            if _error_of(error) != "channel_not_found":
                _log.warning("channel not seen", fault=type(error).__name__)
                return None
            known = _NOT_SEEN
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        self._known[channel] = self._monotonic(), known
        return known

    async def is_public(self, address: str) -> bool:
        """Return whether every member may see what a channel gets, by its id or name.

        A channel that Slack does not tell about may be private.
        """
        if is_channel(address):
            channel = await self.get(address)
            return channel is not None and not channel.is_private
        if is_user(address) or is_conversation(address):
            return False
        private = await self._private_names()
        return private is not None and address.removeprefix("#") not in private

    async def _private_names(self) -> frozenset[str] | None:
        """Return the names of the private channels that the bot is in, None if Slack does not say."""
        if self._private and self._is_fresh(self._private[0], _INSIDE_FOR):
            return self._private[1]
        call = self._client.conversations_list(types="private_channel", limit=_MOST_PRIVATE)
        try:
            found = _List.model_validate(await _data(call))
        except CALL_ERRORS as error:
            _log.warning("channels not seen", fault=type(error).__name__)
            return None
        if found.response_metadata.next_cursor:
            return None
        self._private = self._monotonic(), frozenset(channel.name for channel in found.channels)
        return self._private[1]

    def _is_fresh(self, asked_at: float, kept_for: timedelta) -> bool:
        return self._monotonic() - asked_at < kept_for.total_seconds()


async def _data(call: Awaitable[Any]) -> Any:
    async with asyncio.timeout(_TIMEOUT.total_seconds()):
        return (await call).data


def _error_of(error: Exception) -> str:
    """Return Slack's name for the error, or an empty string."""
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else ""
