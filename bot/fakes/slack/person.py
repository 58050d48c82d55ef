"""Somebody at work in Slack: types, presses, opens the Home tab; Slack tells the bot of it, signed."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from pydantic_core import from_json
from slack_sdk.signature import SignatureVerifier

from bot.errors import BotError
from bot.fakes.slack import payloads
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.arguments import SlackError
from bot.fakes.slack.block_ids import Element, elements
from bot.fakes.slack.responses import show
from bot.fakes.slack.workspace import SLACKBOT
from bot.rendering.escaping import mrkdwn

_PATIENCE = aiohttp.ClientTimeout(total=3)
"""How long Slack waits for an answer: docs.slack.dev/interactivity/implementing-slash-commands."""
_OUR_COMMAND = "/juicebox"
_NO_COMMAND = (
    "`{command}` is not a valid command. In Slack, all messages that start with the “/” character are"
    " interpreted as commands. If you are trying to send a message and not run a command, try"
    " preceding the “/” with an empty space."
)
"""Slackbot's words."""
_OK = 200
HOME = "home"
"""What the page calls the Home tab, where it would name a channel."""


class NotFound(BotError):
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

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def say(self, channel: str, text: str) -> None:
        """Type a message: with `/` before it, it is a command.

        Raises:
            NotThere: if there is no such channel.
        """
        if channel not in self._slack.workspace.conversations:
            raise NotFound(f"there is no channel {channel}")
        typed = mrkdwn(text)  # what is typed is shown as it is
        if not typed.startswith("/"):
            self._slack.workspace.say(channel, typed, user=self._user)
            return
        command, _, rest = typed.partition(" ")
        if command != _OUR_COMMAND:
            words = _NO_COMMAND.format(command=command)
            self._slack.workspace.post_ephemeral(channel, words, user=SLACKBOT)
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
        if "options" in element.given and element.option(value) is None:
            raise NotFound(f"{action_id} has no option {value}")
        payload = payloads.block_actions(self._who, where, element, value)
        try:
            await self._send(urlencode({"payload": json.dumps(payload)}), payloads.FORM)
        except _NoAnswer as fault:
            shown_in = (
                self._slack.workspace.direct_message(self._user).id if channel == HOME else channel
            )
            warning = f"⚠️ The app did not answer the button ({fault})."
            self._slack.workspace.post_ephemeral(shown_in, warning, user=SLACKBOT)

    async def open_home(self) -> None:
        """Open the Home tab of the bot, of which Slack tells it. Slack would repeat what fails."""
        channel = self._slack.workspace.direct_message(self._user).id
        home = self._slack.workspace.home_of(self._user)
        event = payloads.home_opened(self._user, channel, home)
        try:
            await self._send(json.dumps(event), "application/json")
        except _NoAnswer as fault:
            warning = f"⚠️ The app did not hear that its Home was opened ({fault})."
            self._slack.workspace.post_ephemeral(channel, warning, user=SLACKBOT)

    async def _command(self, channel: str, text: str) -> None:
        workspace = self._slack.workspace
        fields = payloads.slash_command(
            self._who, workspace.conversations[channel], text, self._slack.response_url(channel)
        )
        try:
            answer = await self._send(urlencode(fields), payloads.FORM)
            if answer:
                show(workspace, channel, _said(answer))
        except _NoAnswer as fault:
            words = f'{_OUR_COMMAND} failed with the error "{fault}"'
            workspace.post_ephemeral(channel, words, user=SLACKBOT)
        except SlackError as refusal:
            words = f'{_OUR_COMMAND} failed with the error "{refusal}"'
            workspace.post_ephemeral(channel, words, user=SLACKBOT)

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
            raise _NoAnswer("dispatch_failed")
        return said

    @property
    def _who(self) -> payloads.User:
        return payloads.User(self._user, self._slack.workspace.people[self._user])

    def _looking_at(
        self, channel: str, ts: str | None
    ) -> tuple[payloads.Payload, Sequence[Mapping[str, Any]]]:
        """Where something is pressed, as Slack tells it, and the blocks that are shown there."""
        if channel != HOME:
            return self._looking_at_message(channel, ts or "")
        home = self._slack.workspace.home_of(self._user)
        if home is None:
            raise NotFound("the Home tab is empty")
        return payloads.view_source(home), home.view["blocks"]

    def _looking_at_message(
        self, channel: str, ts: str
    ) -> tuple[payloads.Payload, Sequence[Mapping[str, Any]]]:
        within = self._slack.workspace.conversations.get(channel)
        kept = within.post(ts) if within else None
        post = kept or self._slack.workspace.find_ephemeral(channel, ts)
        if post is None or within is None:
            raise NotFound(f"there is no message {ts} in {channel}")
        tell = payloads.message_source if kept else payloads.ephemeral_source
        return tell(post, within, self._slack.response_url(channel, post)), post.blocks


def _element(blocks: Sequence[Mapping[str, Any]], block_id: str, action_id: str) -> Element:
    for element in elements(blocks):
        if (element.block_id, element.given["action_id"]) == (block_id, action_id):
            return element
    raise NotFound(f"there is nothing to press called {action_id} in block {block_id}")


def _said(answer: bytes) -> Mapping[str, Any]:
    """JSON, or plain text as Slack takes it too."""
    try:
        given = from_json(answer)
    except ValueError:
        return {"text": answer.decode(errors="replace")}
    return given if isinstance(given, dict) else {"text": str(given)}
