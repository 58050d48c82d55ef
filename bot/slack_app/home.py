"""The bot's Home tab: an introduction, and the status."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from pydantic import AliasPath, BaseModel, Field, ValidationError

from bot.errors import InvalidEnvelope
from bot.slack_app.context import Answer, AppContext
from bot.slack_app.status import overview
from bot.slack_app.workspace import CALL_ERRORS
from bot.transports.slack.message import SlackMessage

M = TypeVar("M", bound=BaseModel)

_log = structlog.get_logger()


class _Pressed(BaseModel):
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload."""

    user: str = Field(validation_alias=AliasPath("user", "id"))


class _Opened(BaseModel):
    """The fields of the event that are used; `tab` is `home` or `messages`.

    https://docs.slack.dev/reference/events/app_home_opened
    """

    user: str
    tab: str


@dataclass(frozen=True, slots=True)
class HomeTab:
    """Publishes the Home tab to a user who opens or refreshes it.

    `timeout` limits the call to Slack's API.
    """

    context: AppContext
    in_time: Callable[[Awaitable[Answer]], Awaitable[Answer]]
    timeout: timedelta

    async def opened(self, event: Mapping[str, Any]) -> None:
        """Publish the Home tab if it is the tab that was opened.

        Raises:
            InvalidEnvelope: if the event is not in the format that Slack documents.
        """
        opened = _parse(_Opened, event)
        if opened.tab == "home":
            await self._publish(opened.user)

    async def refreshed(self, interaction: Mapping[str, Any]) -> None:
        """Publish the Home tab for the user who pressed its button.

        Raises:
            InvalidEnvelope: if the interaction is not in the format that Slack documents.
        """
        await self._publish(_parse(_Pressed, interaction).user)

    async def _publish(self, user: str) -> None:
        """Publish the tab. If that fails, log it: the user can open the tab again.

        https://docs.slack.dev/reference/methods/views.publish
        """
        top, status = self.context.screen("home"), (await self.in_time(self._status())).message
        blocks = [dict(block) for block in (*top.blocks, *_blocks(status))]
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                await self.context.client.views_publish(
                    user_id=user, view={"type": "home", "blocks": blocks}
                )
        except CALL_ERRORS as error:
            _log.warning("home not published", fault=type(error).__name__)

    async def _status(self) -> Answer:
        return Answer(await overview(self.context))


def _parse(model: type[M], fields: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(fields)
    except ValidationError:
        raise InvalidEnvelope("not in the format that Slack documents") from None


def _blocks(message: SlackMessage) -> tuple[Mapping[str, Any], ...]:
    """Return the message's blocks, or its text as a block: a view has no text of its own."""
    text = {"type": "section", "text": {"type": "plain_text", "text": message.text}}
    return message.blocks or (text,)
