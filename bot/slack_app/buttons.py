"""Buttons of messages. Every press is answered."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from redis.exceptions import RedisError
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.response import BoltResponse

from bot.slack_app.context import Answer, AppContext
from bot.slack_app.interactions import parse
from bot.slack_app.press import Press
from bot.slack_app.replies import Replies
from bot.transports.slack.message import SlackMessage

_FAILED = "Something went wrong on my side, and my log says what. Please try again in a minute."

_log = structlog.get_logger()

Button = Callable[[AppContext, Press], Awaitable[Answer]]
"""Does what the button says, and returns what to answer."""


def add_buttons(
    app: AsyncApp,
    context: AppContext,
    buttons: Mapping[str, Button],
    in_time: Callable[[Awaitable[Answer]], Awaitable[Answer]],
    timeout: timedelta,
) -> None:
    """Have the app answer the buttons, which are given by their action ids.

    `in_time` limits the time for an answer, `timeout` that for showing it.
    """
    replies = Replies(context.client, timeout)
    for action_id, button in buttons.items():
        app.action(action_id)(_Listener(context, button, in_time, replies).pressed)


@dataclass(frozen=True, slots=True)
class _Listener:
    context: AppContext
    button: Button
    in_time: Callable[[Awaitable[Answer]], Awaitable[Answer]]
    replies: Replies

    async def pressed(self, ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        """Do what the button says, and answer.

        Raises:
            InvalidEnvelope: if the interaction is not in the format that Slack documents.
        """
        press = parse(Press, body)
        await self.replies.send(press, await self.in_time(self._answer(press)))
        return await ack()

    async def _answer(self, press: Press) -> Answer:
        try:
            return await self.button(self.context, press)
        except (RedisError, OSError):
            raise  # `in_time` has a sentence for these
        except Exception:  # noqa: BLE001  # the user sees nothing but the answer
            _log.exception("button failed")
            return Answer(SlackMessage(_FAILED, ()))
