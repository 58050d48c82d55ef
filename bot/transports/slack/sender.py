"""Sends deliveries to Slack, and finds messages that may have been posted before."""

from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.sender import CheckLease
from bot.errors import DeliveryError
from bot.model import Destination
from bot.model.outgoing import OutgoingMessage, RateLimit
from bot.transports.slack.client import find_channel
from bot.transports.slack.errors import as_delivery_errors, permanent_error
from bot.transports.slack.ids import is_conversation, is_user
from bot.transports.slack.message import SlackMessage
from bot.transports.slack.replies import Channel, History, Opened, Posted

_EVENT_TYPE = "juicebox_delivery"
"""Of a message's metadata: https://docs.slack.dev/messaging/message-metadata."""
_CLOCK_TOLERANCE = timedelta(hours=2)
"""Between Slack and the machine that received the event: more than a wrong time zone."""
_CONNECT_TIMEOUT = 5
_PAGE_SIZE = 200
_CHANNEL_INTERVAL = timedelta(seconds=1)
"""https://docs.slack.dev/apis/web-api/rate-limits#posting-messages"""

_check_lease: ContextVar[CheckLease] = ContextVar("check_lease", default=lambda: None)
"""Called when the body is written: a call can wait for a connection, and the process be paused."""

Reply = TypeVar("Reply", bound=BaseModel)


class SlackSender:
    """Posts to a channel by its id or `#name`, and to a user by the user's id.

    https://docs.slack.dev/reference/methods/chat.postMessage
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}

    def rate_limit(self, destination: Destination) -> RateLimit:
        return RateLimit(str(destination), _CHANNEL_INTERVAL)

    async def send(self, message: OutgoingMessage[SlackMessage], check_lease: CheckLease) -> str:
        """Post the message unless an earlier attempt did, and return `<channel>/<ts>`."""
        self._connect()
        found = await self._find_or_fail(message) if message.maybe_delivered else None
        return found or await self._post(message, check_lease)

    async def update(self, receipt: str, content: SlackMessage) -> None:
        """Replace the content of a message; `receipt` is `<channel>/<ts>`.

        https://docs.slack.dev/reference/methods/chat.update
        """
        self._connect()
        channel, _, ts = receipt.partition("/")
        body = {"channel": channel, "ts": ts, "text": content.text, "blocks": [*content.blocks]}
        await self._call(Posted, channel, "chat.update", body)

    async def close(self) -> None:
        if self._client.session is not None:
            await self._client.session.close()

    def _connect(self) -> None:
        """Open the session that all calls share, which needs a running event loop."""
        if self._client.session is None:
            tracing = aiohttp.TraceConfig()
            tracing.on_request_chunk_sent.append(_before_body)
            self._client.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(self._client.timeout, connect=_CONNECT_TIMEOUT),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[tracing],
            )

    async def _post(self, message: OutgoingMessage[SlackMessage], check_lease: CheckLease) -> str:
        address = message.destination.address
        channel = await self._id_of(address) if is_user(address) else address
        metadata = {"event_type": _EVENT_TYPE, "event_payload": {"delivery_id": message.id}}
        body = {
            "channel": channel,
            "text": message.content.text,
            "blocks": [*message.content.blocks],
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": metadata,
        }
        check_lease()
        context = _check_lease.set(check_lease)
        try:
            posted = await self._call(Posted, address, "chat.postMessage", body)
        finally:
            _check_lease.reset(context)
        return f"{posted.channel}/{posted.ts}"

    async def _find_or_fail(self, message: OutgoingMessage[SlackMessage]) -> str | None:
        """Return the receipt of the message if it is in the channel already."""
        try:
            return await self._find(message)
        except DeliveryError as error:
            if error.retry:
                raise
            reason = f"cannot tell whether it arrived: {error.reason}"
            raise DeliveryError.permanent(reason, maybe_delivered=True) from error

    async def _find(self, message: OutgoingMessage[SlackMessage]) -> str | None:
        """Look for the message by its metadata."""
        address = message.destination.address
        channel = await self._id_of(address)
        ids = {message.id, message.earlier_id} - {""}
        oldest = (message.created_at - _CLOCK_TOLERANCE).timestamp()
        with as_delivery_errors(address):
            async for page in await self._client.conversations_history(
                channel=channel, oldest=f"{oldest:.6f}", include_all_metadata=True, limit=_PAGE_SIZE
            ):
                for posted in History.model_validate(page.data).messages:
                    if posted.event_type == _EVENT_TYPE and posted.delivery_id in ids:
                        return f"{channel}/{posted.ts}"
        return None

    async def _id_of(self, address: str) -> str:
        """Return the id of a channel, or of the direct messages with a user."""
        if is_conversation(address):
            return address
        if address not in self._ids:
            find = self._direct_messages if is_user(address) else self._channel_named
            self._ids[address] = (await find(address)).id
        return self._ids[address]

    async def _direct_messages(self, user: str) -> Channel:
        return (await self._call(Opened, user, "conversations.open", {"users": user})).channel

    async def _channel_named(self, name: str) -> Channel:
        with as_delivery_errors(name):
            channel = await find_channel(self._client, name, page_size=_PAGE_SIZE)
        if channel is None:
            raise permanent_error("channel_not_found", name)
        return channel

    async def _call(self, kind: type[Reply], target: str, method: str, body: Any) -> Reply:
        with as_delivery_errors(target):
            reply = await self._client.api_call(method, json=body)
            return kind.model_validate(reply.data)


async def _before_body(*_: object) -> None:
    """Check the lease right before aiohttp writes the body, and the headers with it."""
    _check_lease.get()()
