"""The bot's Home tab: what it is for, and how things stand."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import InvalidEnvelope
from bot.model import SlackMessage
from bot.slack_app.commands import SlashCommands
from bot.slack_app.render import Render
from bot.slack_app.workspace import NO_ANSWER

_PUBLISH_SECONDS = 0.7
"""What is left of Slack's three seconds when our workspace is known and the status is read."""

M = TypeVar("M", bound=BaseModel)

_log = structlog.get_logger()


class _User(BaseModel):
    id: str


class _Pressed(BaseModel):
    user: _User


class _Opened(BaseModel):
    """The event, as far as it matters: the bot has a tab for messages too.

    https://docs.slack.dev/reference/events/app_home_opened
    """

    user: str
    tab: str


@dataclass(frozen=True, slots=True)
class HomeTab:
    """Publishes the tab for one person, whenever that person opens or refreshes it."""

    client: AsyncWebClient
    commands: SlashCommands
    render: Render

    async def opened(self, event: Mapping[str, Any]) -> None:
        """Publish if it is the Home tab that was opened.

        Raises:
            InvalidEnvelope: if the event is not what Slack documents.
        """
        seen = _read(_Opened, event)
        if seen.tab == "home":
            await self._publish(seen.user)

    async def refreshed(self, pressed: Mapping[str, Any]) -> None:
        """Publish for whoever pressed the button.

        Raises:
            InvalidEnvelope: if what came is not what Slack documents.
        """
        await self._publish(_read(_Pressed, pressed).user.id)

    async def _publish(self, user: str) -> None:
        """Show this person the tab. What Slack does not take is logged: opening it again repeats it.

        https://docs.slack.dev/reference/methods/views.publish
        """
        top, status = self.render("_slack/home", {}), await self.commands.answer("status")
        blocks = [dict(block) for block in (*top.blocks, *_blocks(status))]
        try:
            async with asyncio.timeout(_PUBLISH_SECONDS):
                await self.client.views_publish(
                    user_id=user, view={"type": "home", "blocks": blocks}
                )
        except NO_ANSWER as fault:
            _log.warning("home not published", fault=type(fault).__name__)


def _read(model: type[M], given: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(given)
    except ValidationError:
        raise InvalidEnvelope("not an event as Slack makes them") from None


def _blocks(message: SlackMessage) -> tuple[Mapping[str, Any], ...]:
    """A view has no text beside its blocks."""
    said = {"type": "section", "text": {"type": "plain_text", "text": message.text}}
    return message.blocks or (said,)
