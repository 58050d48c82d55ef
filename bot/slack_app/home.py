"""The Home tab: how things stand, recent events, and a person's own subscriptions, with controls."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from pydantic import AliasPath, BaseModel, Field

from bot.slack_app.context import Answer, AppContext, Asker
from bot.slack_app.home_screen import home_blocks
from bot.slack_app.home_setup import check_setup
from bot.slack_app.interactions import UserId, parse
from bot.slack_app.modals import blocks_of
from bot.slack_app.my_choices import Said
from bot.slack_app.own_places import sight_of
from bot.slack_app.people import SlackPerson
from bot.slack_app.permissions import refusal
from bot.slack_app.workspace import CALL_ERRORS
from bot.transports.slack.message import SlackMessage
from bot.views.home import load_home

_log = structlog.get_logger()


Work = Callable[[], Awaitable[Said | None]]


class _Pressed(BaseModel):
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload."""

    user: UserId = Field(validation_alias=AliasPath("user", "id"))


class _Opened(BaseModel):
    """The fields of the event that are used; `tab` is `home` or `messages`.

    https://docs.slack.dev/reference/events/app_home_opened
    """

    user: UserId
    tab: str


class HomeTab:
    """Publishes the Home tab to a user who opens it, or has pressed something in it.

    `in_time` limits what is done before, and `timeout` the call to Slack's API.
    """

    def __init__(
        self,
        context: AppContext,
        in_time: Callable[[Awaitable[Answer]], Awaitable[Answer]],
        timeout: timedelta,
    ) -> None:
        self._context = context
        self._in_time = in_time
        self._timeout = timeout

    async def opened(self, event: Mapping[str, Any]) -> None:
        """Publish the Home tab if it is the tab that was opened.

        Raises:
            InvalidEnvelope: if the event is not in the format that Slack documents.
        """
        opened = parse(_Opened, event)
        if opened.tab == "home":
            await self.publish(opened.user)

    async def refreshed(self, interaction: Mapping[str, Any]) -> None:
        """Publish the Home tab for the user who pressed its button.

        Raises:
            InvalidEnvelope: if the interaction is not in the format that Slack documents.
        """
        await self.publish(parse(_Pressed, interaction).user)

    async def publish(self, user: str, work: Work | None = None) -> None:
        """Do the work, and publish the tab, which says what was done.

        If publishing fails, it is logged: the user can open the tab again.
        https://docs.slack.dev/reference/methods/views.publish
        """
        shown = (await self._in_time(self._view(user, work))).message
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                await self._context.client.views_publish(
                    user_id=user, view={"type": "home", "blocks": blocks_of(shown)}
                )
        except CALL_ERRORS as error:
            _log.warning("home not published", fault=type(error).__name__)

    async def _view(self, user: str, work: Work | None) -> Answer:
        context = self._context
        said = await work() if work else None
        now = context.clock()
        sight, data = await asyncio.gather(
            sight_of(context, Asker(user, "")), load_home(context.store, user, now)
        )
        reader = replace(sight.reader, own=sight.reader.own | frozenset(data.own))
        checklist = await check_setup(context, data.newest)
        may_operate = await _may_operate(context, user, sight.person)
        blocks = home_blocks(
            context, data, reader, checklist, now, may_operate=may_operate, said=said
        )
        return Answer(SlackMessage("Juicebox", tuple(blocks)))


async def _may_operate(context: AppContext, user: str, person: SlackPerson | None) -> bool:
    """Return whether the user may retry; what they see is another matter."""
    if person is None:
        return user in context.admins
    return await refusal(context, user) == ""
