"""The checklist that the Home tab begins with until the bot is set up."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from pydantic import BaseModel
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.model import Audience, DeliveryState, Destination, Transport
from bot.slack_app.context import AppContext
from bot.slack_app.workspace import CALL_ERRORS
from bot.store.stored_event import StoredEvent
from bot.transports.slack.ids import is_channel
from bot.views.home import Checklist

_INSIDE_FOR, _OUTSIDE_FOR = timedelta(hours=1), timedelta(seconds=10)
_TIMEOUT = timedelta(seconds=0.3)

_log = structlog.get_logger()


class _Channel(BaseModel):
    is_member: bool = False


class _Reply(BaseModel):
    """https://docs.slack.dev/reference/methods/conversations.info."""

    channel: _Channel


class Memberships:
    """Asks Slack whether the bot is in a channel, and remembers the answer for a while."""

    def __init__(
        self, client: AsyncWebClient, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, bool]] = {}

    async def has(self, channel: str) -> bool | None:
        """Return whether the bot is in the channel; None if Slack does not say."""
        asked_at, known = self._known.get(channel, (0.0, None))
        kept_for = _INSIDE_FOR if known else _OUTSIDE_FOR
        if known is not None and self._monotonic() - asked_at < kept_for.total_seconds():
            return known
        try:
            async with asyncio.timeout(_TIMEOUT.total_seconds()):
                reply = await self._client.conversations_info(channel=channel)
            known = _Reply.model_validate(reply.data).channel.is_member
        except SlackApiError as error:
            if error.response.get("error") != "channel_not_found":
                _log.warning("membership unknown", fault=type(error).__name__)
                return None
            known = False  # or a private channel, which a bot outside does not see
        except CALL_ERRORS as error:
            _log.warning("membership unknown", fault=type(error).__name__)
            return None
        self._known[channel] = self._monotonic(), known
        return known


async def check_setup(
    context: AppContext, memberships: Memberships, newest: Sequence[StoredEvent]
) -> Checklist:
    """Return what is known about the set-up; Slack is asked only where the events do not tell."""
    channel = next(
        (
            to
            for to in context.audiences.get(Audience.RECRUITERS, ())
            if to.transport is Transport.SLACK and is_channel(to.address)
        ),
        None,
    )
    in_channel = None
    if channel:
        in_channel = _was_sent_to(channel, newest) or await memberships.has(channel.address)
    return Checklist(
        has_event=any(not stored.event.test for stored in newest),
        has_scopes=not context.people.lacks_scope,
        channel=channel,
        in_channel=in_channel,
    )


def _was_sent_to(channel: Destination, newest: Sequence[StoredEvent]) -> bool:
    """Return whether the latest delivery to the channel that has ended was sent."""
    ended = (
        delivery.state is DeliveryState.SENT
        for stored in newest
        for delivery in stored.deliveries
        if delivery.destination == channel
        and delivery.state in {DeliveryState.SENT, DeliveryState.FAILED}
    )
    return next(ended, False)
