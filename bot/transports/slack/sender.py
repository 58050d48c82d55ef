"""Sends deliveries to Slack, and finds those of which nobody knows whether they arrived."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.sender import CheckLease
from bot.errors import DeliveryError
from bot.model import Destination, SlackMessage
from bot.model.outgoing import OutgoingMessage, RateLimit
from bot.transports.slack.errors import as_delivery_errors, refusal
from bot.transports.slack.ids import is_conversation, is_user
from bot.transports.slack.replies import METADATA_TYPE, Channels, History, Opened, Page, Posted

_CLOCKS_DIFFER_BY = timedelta(hours=2)
"""Between Slack and whichever machine received the event: as much as a wrong time zone makes, and more."""
_CONNECT_SECONDS = 5
_PAGE = 200
_BETWEEN_MESSAGES = timedelta(seconds=1)
"""To one channel: https://docs.slack.dev/apis/web-api/rate-limits#posting-messages."""

_before_writing: ContextVar[CheckLease] = ContextVar("before_writing", default=lambda: None)
"""What a call's `check_lease` is, for the moment at which its body is written: until then it waits for a
connection, and a process can be paused in every wait."""

Reply = TypeVar("Reply", bound=BaseModel)
PageOf = TypeVar("PageOf", bound=Page)


class SlackSender:
    """Posts to a channel by its id or `#name`, and to a user by the user's id.

    docs.slack.dev/reference/methods/chat.postMessage
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}

    def rate_limit(self, destination: Destination) -> RateLimit:
        """Return the limit of the channel."""
        return RateLimit(str(destination), _BETWEEN_MESSAGES)

    async def send(self, message: OutgoingMessage[SlackMessage], check_lease: CheckLease) -> str:
        """Post the message unless an earlier attempt did, and return `<channel>/<ts>`.

        Raises:
            DeliveryError: see `bot.transports.slack.errors`.
            LeaseLost: from `check_lease`.
        """
        self._connect()
        found = await self._look_for(message) if message.maybe_delivered else None
        return found or await self._post(message, check_lease)

    async def close(self) -> None:
        if self._client.session is not None:
            await self._client.session.close()

    def _connect(self) -> None:
        """Open the one session that all calls share; that takes a running event loop."""
        if self._client.session is None:
            patience = aiohttp.ClientTimeout(total=self._client.timeout, connect=_CONNECT_SECONDS)
            jar = aiohttp.DummyCookieJar()
            tracing = aiohttp.TraceConfig()
            tracing.on_request_chunk_sent.append(_check_lease)
            self._client.session = aiohttp.ClientSession(
                timeout=patience, cookie_jar=jar, trace_configs=[tracing]
            )

    async def _post(self, message: OutgoingMessage[SlackMessage], check_lease: CheckLease) -> str:
        address = message.destination.address
        channel = await self._direct_message(address) if is_user(address) else address
        check_lease()
        ensured = _before_writing.set(check_lease)
        try:
            posted = await self._call(
                Posted,
                address,
                "chat.postMessage",
                json={
                    "channel": channel,
                    "text": message.content.text,
                    "blocks": [*message.content.blocks],
                    "unfurl_links": False,
                    "unfurl_media": False,
                    "metadata": {
                        "event_type": METADATA_TYPE,
                        "event_payload": {"delivery_id": message.id},
                    },
                },
            )
        finally:
            _before_writing.reset(ensured)
        return f"{posted.channel}/{posted.ts}"

    async def _look_for(self, message: OutgoingMessage[SlackMessage]) -> str | None:
        """Return the receipt of the message if it is in the channel already.

        docs.slack.dev/messaging/message-metadata
        """
        try:
            return await self._find(message)
        except DeliveryError as error:
            if error.retry:
                raise
            reason = f"cannot tell whether it arrived: {error.reason}"
            raise DeliveryError.permanent(reason, maybe_delivered=True) from error

    async def _find(self, message: OutgoingMessage[SlackMessage]) -> str | None:
        address = message.destination.address
        channel = await self._id_of(address)
        oldest = (message.created_at - _CLOCKS_DIFFER_BY).timestamp()
        params = {
            "channel": channel,
            "oldest": f"{oldest:.6f}",
            "include_all_metadata": True,
            "limit": _PAGE,
        }

        def receipt(page: History) -> str | None:
            return next((f"{channel}/{m.ts}" for m in page.messages if m.is_of(message.id)), None)

        return await self._search(History, address, "conversations.history", params, receipt)

    async def _id_of(self, address: str) -> str:
        if is_user(address):
            return await self._direct_message(address)
        if is_conversation(address):
            return address
        if address not in self._ids:
            self._ids[address] = await self._id_of_name(address)
        return self._ids[address]

    async def _id_of_name(self, address: str) -> str:
        name = address.removeprefix("#")
        params = {
            "types": "public_channel,private_channel",
            "exclude_archived": True,
            "limit": _PAGE,
        }

        def id_of_name(page: Channels) -> str | None:
            return next((c.id for c in page.channels if c.name == name), None)

        found = await self._search(Channels, address, "conversations.list", params, id_of_name)
        if found is None:
            raise refusal("channel_not_found", address)
        return found

    async def _direct_message(self, user: str) -> str:
        if user not in self._ids:
            opened = await self._call(Opened, user, "conversations.open", json={"users": user})
            self._ids[user] = opened.channel.id
        return self._ids[user]

    async def _search(
        self,
        kind: type[PageOf],
        target: str,
        method: str,
        params: dict[str, Any],
        pick: Callable[[PageOf], str | None],
    ) -> str | None:
        """What `pick` finds on the first page where it finds anything."""
        page = await self._call(kind, target, method, http_verb="GET", params=params)
        while not (found := pick(page)) and page.next_cursor:
            more = {**params, "cursor": page.next_cursor}
            page = await self._call(kind, target, method, http_verb="GET", params=more)
        return found

    async def _call(self, kind: type[Reply], target: str, method: str, **how: Any) -> Reply:
        with as_delivery_errors(target):
            reply = await self._client.api_call(method, **how)
            return kind.model_validate(reply.data)


async def _check_lease(*_: object) -> None:
    """Called by aiohttp right before it writes the body, and the headers with it."""
    _before_writing.get()()
