"""Shows the answer to a button that was pressed, and edits the message that the button belongs to."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from redis.exceptions import RedisError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError
from bot.slack_app.context import Answer
from bot.slack_app.press import Press
from bot.slack_app.response_url import post_response
from bot.slack_app.workspace import CALL_ERRORS
from bot.transports.slack.message import SlackMessage

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Replies:
    """Shows answers within `timeout`. What fails is logged: the answer can no longer change what was done."""

    client: AsyncWebClient
    timeout: timedelta

    async def send(self, press: Press, answer: Answer) -> None:
        """Show the answer, and edit the message alongside."""
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                await asyncio.gather(self._answer(press, answer), self._edit(press, answer))
        except TimeoutError:
            _log.warning("answer not shown in time")

    async def _answer(self, press: Press, answer: Answer) -> None:
        if press.response_url and await post_response(
            press.response_url,
            answer.message,
            in_channel=answer.in_channel,
            replaces=answer.replaces,
        ):
            return
        content = _content(answer.message)
        try:
            if press.is_in_channel and not answer.in_channel:
                await self.client.chat_postEphemeral(
                    channel=press.channel or "", user=press.user, **content
                )
            else:
                await self.client.chat_postMessage(channel=press.channel or press.user, **content)
        except CALL_ERRORS as error:
            _log.warning("answer not shown", fault=type(error).__name__)

    async def _edit(self, press: Press, answer: Answer) -> None:
        if answer.edit is None or press.is_ephemeral or not press.channel or not press.ts:
            return
        channel, ts = press.channel, press.ts

        async def update(message: SlackMessage) -> None:
            await self.client.chat_update(channel=channel, ts=ts, **_content(message))

        try:
            await answer.edit(update)
        except (*CALL_ERRORS, RedisError, BotError) as error:
            _log.warning("message not edited", fault=type(error).__name__)


def _content(message: SlackMessage) -> dict[str, Any]:
    return {"text": message.text, "blocks": [dict(block) for block in message.blocks]}
