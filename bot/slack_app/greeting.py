"""Greets a channel that the bot was invited into: what it will post there, and how to change that."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from pydantic import AliasPath, BaseModel, Field
from redis.exceptions import RedisError

from bot.errors import DeliveryError, IntakeError
from bot.model import Audience, Destination, Transport, in_words
from bot.model.subscription import EVERYTHING, Place, matches
from bot.slack_app.context import AppContext
from bot.slack_app.interactions import ConversationId, parse
from bot.store.greetings import Claim
from bot.transports.slack.errors import as_delivery_errors
from bot.transports.slack.ids import is_conversation, is_user
from bot.transports.slack.message import SlackMessage
from bot.transports.slack.replies import ChannelInfo, History

_EVENT_TYPE = "juicebox_greeting"
"""Of the greeting's metadata: https://docs.slack.dev/messaging/message-metadata."""
_SEARCHED = 100
"""The latest messages, among which an earlier greeting is looked for."""
_BY_SETTING = {
    Audience.RECRUITERS: ("search.completed", "export.ready"),
    Audience.OPERATORS: ("quota.warning", "key.rotated"),
}

_log = structlog.get_logger()


class _NotGreeted(IntakeError):
    """It is to be tried again: Slack repeats an event that is answered with 503."""

    def __init__(self) -> None:
        super().__init__(503, "greeting", "try again later")


class _Joined(BaseModel):
    """https://docs.slack.dev/reference/events/member_joined_channel."""

    event_id: str = Field(min_length=1, max_length=100)
    user: str = Field(validation_alias=AliasPath("event", "user"))
    channel: ConversationId = Field(validation_alias=AliasPath("event", "channel"))


@dataclass(frozen=True, slots=True)
class Greeting:
    """Posts one greeting for each invitation, within `timeout`."""

    context: AppContext
    timeout: timedelta

    async def joined(self, body: Mapping[str, Any]) -> None:
        """Greet the channel if it was the bot that joined it.

        An invitation is answered once, even if Slack repeats it while it is being answered, or after a
        process was killed: what may have been posted is looked for.

        Raises:
            InvalidEnvelope: if the event is not in the format that Slack documents.
            IntakeError: if Slack is to repeat the event.
        """
        joined = parse(_Joined, body)
        if joined.user != (await self.context.workspace.identity()).bot_user_id:
            return
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                await self._greet_once(joined)
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            _log.warning("channel not greeted", fault=type(error).__name__)
            raise _NotGreeted from None

    async def _greet_once(self, joined: _Joined) -> None:
        greetings = self.context.store.greetings
        claim = await greetings.claim(joined.event_id)
        if claim is Claim.ANOTHERS:
            raise _NotGreeted
        if claim is Claim.DONE:
            return
        try:
            if not await self._is_posted(joined):
                await self._post(joined)
        except DeliveryError as error:
            _log.warning("channel not greeted", reason=error.reason)
            if error.retry:
                await greetings.release(joined.event_id)
                raise _NotGreeted from None
        await greetings.finish(joined.event_id)

    async def _is_posted(self, joined: _Joined) -> bool:
        """Whether an earlier request has posted the greeting, as far as Slack says."""
        try:
            with as_delivery_errors(joined.channel):
                page = await self.context.client.conversations_history(
                    channel=joined.channel, include_all_metadata=True, limit=_SEARCHED
                )
                found = History.model_validate(page.data).messages
        except DeliveryError as error:
            if error.retry:
                raise
            return False
        marks = {(message.event_type, message.invitation) for message in found}
        return (_EVENT_TYPE, joined.event_id) in marks

    async def _post(self, joined: _Joined) -> None:
        message = await self._message(joined.channel)
        payload = {"invitation": joined.event_id}
        with as_delivery_errors(joined.channel):
            await self.context.client.chat_postMessage(
                channel=joined.channel,
                text=message.text,
                blocks=[dict(block) for block in message.blocks],
                metadata={"event_type": _EVENT_TYPE, "event_payload": payload},
            )

    async def _message(self, channel: str) -> SlackMessage:
        place = await self.context.store.places.get(Destination(Transport.SLACK, channel))
        audiences = await self._audiences_of(channel)
        types = [*_types(place, audiences)]
        return self.context.screen(
            "greeting",
            everything=EVERYTHING in types,
            kinds=[in_words(name) or name for name in types if name != EVERYTHING],
            failures=Audience.OPERATORS in audiences,
        )

    async def _audiences_of(self, channel: str) -> list[Audience]:
        """Return the audiences that the settings name the channel for, by its id or by its name."""
        addresses = {
            audience: {
                to.address.removeprefix("#") for to in found if to.transport is Transport.SLACK
            }
            for audience, found in self.context.audiences.items()
        }
        names = {channel}
        if any(not _is_id(address) for found in addresses.values() for address in found):
            with as_delivery_errors(channel):
                reply = await self.context.client.conversations_info(channel=channel)
                info = ChannelInfo.model_validate(reply.data).channel
            names |= {info.name} if info else set()
        return [audience for audience, found in addresses.items() if found & names]


def _types(place: Place, audiences: list[Audience]) -> Iterator[str]:
    """Yield the types of events that are posted in the channel, each once."""
    by_setting = [t for audience in audiences for t in _BY_SETTING[audience]]
    chosen = [t for rule in place.subscriptions for t in rule.types if not rule.follows]
    yield from dict.fromkeys(
        [*(t for t in by_setting if not matches(place.unsubscribed, t)), *chosen]
    )


def _is_id(address: str) -> bool:
    return is_conversation(address) or is_user(address)
