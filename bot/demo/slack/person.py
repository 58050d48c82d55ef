"""Somebody at work in Slack: types, presses, opens the Home tab; Slack tells the bot of it, signed."""

import json
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from pydantic_core import from_json
from slack_sdk.signature import SignatureVerifier

from bot.demo.slack import payloads
from bot.demo.slack.api import LocalSlack
from bot.demo.slack.arguments import SlackRefusal
from bot.demo.slack.identified import Element, elements
from bot.demo.slack.responses import show
from bot.demo.slack.workspace import Post
from bot.errors import BotError

_PATIENCE = aiohttp.ClientTimeout(total=3)
"""How long Slack waits for an answer: docs.slack.dev/interactivity/implementing-slash-commands."""
_OUR_COMMAND = "/juicebox"
_OK = 200
HOME = "home"
"""What the page calls the Home tab, where it would name a channel."""


class NotThere(BotError):
    """There is no such channel, message or button."""


class _NoAnswer(Exception):
    """The bot did not answer as it should; the text is Slack's name for how."""


class Person:
    """`events_url` is where the bot takes Slack's requests, `secret` what they are signed with."""

    def __init__(self, events_url: str, secret: str, slack: LocalSlack, user: str) -> None:
        self._events_url = events_url
        self._signer = SignatureVerifier(secret)
        self._slack = slack
        self._user = user

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=_PATIENCE)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def say(self, channel: str, text: str) -> None:
        """Type a message: with `/` before it, it is a command.

        Raises:
            NotThere: if there is no such channel.
        """
        if channel not in self._slack.workspace.conversations:
            raise NotThere(f"there is no channel {channel}")
        if not text.startswith("/"):
            self._slack.workspace.say(channel, text, user=self._user)
            return
        command, _, rest = text.partition(" ")
        if command != _OUR_COMMAND:
            words = f"{command} is not a valid command. In Slack, no app of this workspace has it."
            self._slack.workspace.whisper(channel, words, user=payloads.SLACKBOT)
            return
        await self._command(channel, rest.strip())

    async def press(
        self, channel: str, ts: str | None, block_id: str, action_id: str, value: str | None = None
    ) -> None:
        """Press a button, or choose `value` of a menu, in a message or, for `home`, in the Home tab.

        Raises:
            NotThere: if it is not to be seen.
        """
        where, blocks = self._looking_at(channel, ts)
        element = _element(blocks, block_id, action_id)
        payload = payloads.block_actions(self._who, where, element, value)
        try:
            await self._send(urlencode({"payload": json.dumps(payload)}), payloads.FORM)
        except _NoAnswer as fault:
            shown_in = (
                self._slack.workspace.direct_message(self._user).id if channel == HOME else channel
            )
            warning = f"⚠️ The app did not answer the button ({fault})."
            self._slack.workspace.whisper(shown_in, warning, user=payloads.SLACKBOT)

    async def open_home(self) -> None:
        """Open the Home tab of the bot, of which Slack tells it. Slack would repeat what fails."""
        channel = self._slack.workspace.direct_message(self._user).id
        home = self._slack.workspace.home_of(self._user)
        event = payloads.home_opened(self._user, channel, home)
        try:
            await self._send(json.dumps(event), "application/json")
        except _NoAnswer as fault:
            warning = f"⚠️ The app did not hear that its Home was opened ({fault})."
            self._slack.workspace.whisper(channel, warning, user=payloads.SLACKBOT)

    async def _command(self, channel: str, text: str) -> None:
        workspace = self._slack.workspace
        fields = payloads.slash_command(
            self._who, workspace.conversations[channel], text, self._response_url(channel)
        )
        try:
            answer = await self._send(urlencode(fields), payloads.FORM)
            if answer:
                show(workspace, channel, _said(answer))
        except _NoAnswer as fault:
            words = f'{_OUR_COMMAND} failed with the error "{fault}"'
            workspace.whisper(channel, words, user=payloads.SLACKBOT)
        except SlackRefusal as refusal:
            words = f'{_OUR_COMMAND} failed with the error "{refusal}"'
            workspace.whisper(channel, words, user=payloads.SLACKBOT)

    async def _send(self, body: str, content_type: str) -> bytes:
        """Post to the bot as Slack does; what it answers.

        Raises:
            _NoAnswer: if that is not a 200 within three seconds.
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
            ) as answer:
                said = await answer.read()
        except TimeoutError:
            raise _NoAnswer("operation_timeout") from None
        except aiohttp.ClientError:
            raise _NoAnswer("dispatch_failed") from None
        if answer.status != _OK:
            raise _NoAnswer(f"dispatch_failed, status {answer.status}")
        return said

    @property
    def _who(self) -> payloads.Who:
        return payloads.Who(self._user, self._slack.workspace.people[self._user])

    def _response_url(self, channel: str) -> str:
        return self._slack.response_url(channel)

    def _looking_at(
        self, channel: str, ts: str | None
    ) -> tuple[payloads.Payload, Sequence[Mapping[str, Any]]]:
        """Where something is pressed, as Slack tells it, and the blocks that are shown there."""
        if channel != HOME:
            post = self._post(channel, ts)
            where = {**payloads.of_message(post), "response_url": self._response_url(channel)}
            return where, post.blocks
        home = self._slack.workspace.home_of(self._user)
        if home is None:
            raise NotThere("the Home tab is empty")
        return payloads.of_view(home), home.view["blocks"]

    def _post(self, channel: str, ts: str | None) -> Post:
        workspace = self._slack.workspace
        kept = workspace.conversations.get(channel)
        posts: list[Post] = [*(kept.posts if kept else ()), *workspace.whispers]
        for post in posts:
            if (post.channel, post.ts) == (channel, ts):
                return post
        raise NotThere(f"there is no message {ts} in {channel}")


def _element(blocks: Sequence[Mapping[str, Any]], block_id: str, action_id: str) -> Element:
    for element in elements(blocks):
        if (element.block_id, element.given["action_id"]) == (block_id, action_id):
            return element
    raise NotThere(f"there is nothing to press called {action_id} in block {block_id}")


def _said(answer: bytes) -> Mapping[str, Any]:
    """JSON, or plain text as Slack takes it too."""
    try:
        given = from_json(answer)
    except ValueError:
        return {"text": answer.decode(errors="replace")}
    return given if isinstance(given, dict) else {"text": str(given)}
