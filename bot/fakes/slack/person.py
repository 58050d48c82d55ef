"""A Slack user who types, presses buttons and opens the Home tab; the bot gets signed requests."""

import json
import time
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from pydantic_core import from_json
from slack_sdk.signature import SignatureVerifier

from bot.errors import BotError
from bot.fakes.slack import payloads
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.arguments import SlackError
from bot.fakes.slack.block_ids import Element, interactive_elements
from bot.fakes.slack.responses import show
from bot.fakes.slack.workspace import SLACKBOT

_RESPONSE_TIMEOUT = 3.0
"""docs.slack.dev/interactivity/implementing-slash-commands"""
_OUR_COMMAND = "/juicebox"
_NO_COMMAND = (
    "`{command}` is not a valid command. In Slack, all messages that start with the “/” character are"
    " interpreted as commands. If you are trying to send a message and not run a command, try"
    " preceding the “/” with an empty space."
)
"""What Slackbot says."""
_OK = 200
HOME = "home"
"""Stands for the Home tab where a channel's id is expected."""


class NotFound(BotError):
    """There is no such channel, message or element."""


class _RequestFailed(Exception):
    """The bot did not respond with 200 in time; the message is Slack's name for the error."""


class Person:
    """Sends requests to the bot at `events_url`, signed with `secret`; `timeout` is in seconds."""

    def __init__(
        self,
        events_url: str,
        secret: str,
        slack: LocalSlack,
        user: str,
        *,
        timeout: float = _RESPONSE_TIMEOUT,
    ) -> None:
        self._events_url = events_url
        self._signer = SignatureVerifier(secret)
        self._slack = slack
        self._user = user
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def say(self, channel: str, text: str) -> None:
        """Send a message, or a command if it begins with `/`.

        Raises:
            NotFound: if there is no such channel.
        """
        if channel not in self._slack.workspace.conversations:
            raise NotFound(f"there is no channel {channel}")
        typed = escape(text, quote=False)  # Slack escapes what people type
        if not typed.startswith("/"):
            self._slack.workspace.say(channel, typed, user=self._user)
            return
        command, _, rest = typed.partition(" ")
        if command != _OUR_COMMAND:
            notice = _NO_COMMAND.format(command=command)
            self._slack.workspace.post_ephemeral(channel, notice, user=SLACKBOT)
            return
        await self._command(channel, rest.strip())

    async def press(
        self, channel: str, ts: str | None, block_id: str, action_id: str, value: str | None = None
    ) -> None:
        """Press a button, or choose `value` in a menu, of a message or of the Home tab (`HOME`).

        Raises:
            NotFound: if there is no such element.
        """
        source, blocks = self._locate(channel, ts)
        element = _element(blocks, block_id, action_id)
        if "options" in element.given and element.option(value) is None:
            raise NotFound(f"{action_id} has no option {value}")
        payload = payloads.block_actions(self._payload_user, source, element, value)
        try:
            await self._send(urlencode({"payload": json.dumps(payload)}), payloads.FORM)
        except _RequestFailed as error:
            shown_in = (
                self._slack.workspace.direct_message(self._user).id if channel == HOME else channel
            )
            warning = f"⚠️ The app did not respond to the button ({error})."
            self._slack.workspace.post_ephemeral(shown_in, warning, user=SLACKBOT)

    async def open_home(self) -> None:
        """Open the bot's Home tab. Slack would retry a failed request; this does not."""
        channel = self._slack.workspace.direct_message(self._user).id
        home = self._slack.workspace.home_of(self._user)
        event = payloads.home_opened(self._user, channel, home)
        try:
            await self._send(json.dumps(event), "application/json")
        except _RequestFailed as error:
            warning = f"⚠️ The app did not respond when its Home tab was opened ({error})."
            self._slack.workspace.post_ephemeral(channel, warning, user=SLACKBOT)

    async def _command(self, channel: str, text: str) -> None:
        workspace = self._slack.workspace
        fields = payloads.slash_command(
            self._payload_user,
            workspace.conversations[channel],
            text,
            self._slack.response_url(channel),
        )
        try:
            body = await self._send(urlencode(fields), payloads.FORM)
            if body:
                show(workspace, channel, _parse_response(body))
        except (_RequestFailed, SlackError) as error:
            notice = f'{_OUR_COMMAND} failed with the error "{error}"'
            workspace.post_ephemeral(channel, notice, user=SLACKBOT)

    async def _send(self, body: str, content_type: str) -> bytes:
        """Post to the bot as Slack does, and return the body of its response.

        Raises:
            _RequestFailed: if there is no 200 in time.
        """
        timestamp = str(int(time.time()))
        signature = self._signer.generate_signature(timestamp=timestamp, body=body)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature or "",
        }
        try:
            async with self._session.post(
                self._events_url, data=body.encode(), headers=headers
            ) as response:
                content = await response.read()
        except TimeoutError:
            raise _RequestFailed("operation_timeout") from None
        except aiohttp.ClientError:
            raise _RequestFailed("dispatch_failed") from None
        if response.status != _OK:
            raise _RequestFailed("dispatch_failed")
        return content

    @property
    def _payload_user(self) -> payloads.User:
        return payloads.User(self._user, self._slack.workspace.people[self._user])

    def _locate(
        self, channel: str, ts: str | None
    ) -> tuple[payloads.Payload, Sequence[Mapping[str, Any]]]:
        """Return the payload's description of a message or the Home tab, and its blocks."""
        if channel != HOME:
            return self._locate_message(channel, ts or "")
        home = self._slack.workspace.home_of(self._user)
        if home is None:
            raise NotFound("the Home tab is empty")
        return payloads.view_source(home), home.view["blocks"]

    def _locate_message(
        self, channel: str, ts: str
    ) -> tuple[payloads.Payload, Sequence[Mapping[str, Any]]]:
        conversation = self._slack.workspace.conversations.get(channel)
        stored = conversation.find_post(ts) if conversation else None
        post = stored or self._slack.workspace.find_ephemeral(channel, ts)
        if post is None or conversation is None:
            raise NotFound(f"there is no message {ts} in {channel}")
        source = payloads.message_source if stored else payloads.ephemeral_source
        return source(post, conversation, self._slack.response_url(channel, post)), post.blocks


def _element(blocks: Sequence[Mapping[str, Any]], block_id: str, action_id: str) -> Element:
    for element in interactive_elements(blocks):
        if (element.block_id, element.given["action_id"]) == (block_id, action_id):
            return element
    raise NotFound(f"there is no element {action_id} in block {block_id}")


def _parse_response(body: bytes) -> Mapping[str, Any]:
    """Parse a response, which may be JSON or plain text."""
    try:
        given = from_json(body)
    except ValueError:
        return {"text": body.decode(errors="replace")}
    return given if isinstance(given, dict) else {"text": str(given)}
