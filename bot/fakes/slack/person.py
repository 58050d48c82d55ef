"""A Slack user who types, presses buttons, fills in modals and opens the Home tab.

The bot gets signed requests.
"""

from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Any, Self

from pydantic_core import from_json

from bot.fakes.slack import payloads
from bot.fakes.slack.api import LocalSlack
from bot.fakes.slack.arguments import SlackError
from bot.fakes.slack.block_ids import STATEFUL, Element, with_block_ids
from bot.fakes.slack.modals import Modal
from bot.fakes.slack.responses import show
from bot.fakes.slack.signed_requests import RequestFailed, SignedRequests
from bot.fakes.slack.state import Chosen, Value, unfilled, value_of
from bot.fakes.slack.submission import FAILED, respond
from bot.fakes.slack.surfaces import NotFound, Surface, find_element, surface_of
from bot.fakes.slack.workspace import BOT_USER, SLACKBOT, Home, Profile

_RESPONSE_TIMEOUT = 3.0
"""docs.slack.dev/interactivity/implementing-slash-commands"""
_OUR_COMMAND, _INVITE = "/juicebox", "/invite"
_NO_COMMAND = (
    "`{command}` is not a valid command. In Slack, all messages that start with the “/” character are"
    " interpreted as commands. If you are trying to send a message and not run a command, try"
    " preceding the “/” with an empty space."
)
"""What Slackbot says."""
HOME, MODAL = "home", "modal"
"""Stand for the Home tab and the open modal where a channel's id is expected."""


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
        self._requests = SignedRequests(events_url, secret, timeout)
        self._slack = slack
        self._user = user
        self._chosen: dict[str, dict[tuple[str, str], Value]] = {}

    async def __aenter__(self) -> Self:
        await self._requests.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._requests.__aexit__(*error)

    async def say(self, channel: str, text: str) -> None:
        """Send a message, or a command if it begins with `/`.

        Raises:
            NotFound: if there is no such channel.
        """
        if channel not in self._slack.workspace.conversations:
            raise NotFound(f"there is no channel {channel}")
        workspace = self._slack.workspace
        typed = escape(text, quote=False)  # Slack escapes what people type
        if not typed.startswith("/"):
            workspace.say(channel, typed, user=self._user)
            return
        command, _, rest = typed.partition(" ")
        if command == _INVITE and rest.strip().casefold() == f"@{workspace.people[BOT_USER]}":
            await self.invite_bot(channel)
            return
        if command != _OUR_COMMAND:
            notice = _NO_COMMAND.format(command=command)
            workspace.post_ephemeral(channel, notice, user=SLACKBOT)
            return
        await self._command(channel, rest.strip())

    async def press(
        self, channel: str, ts: str | None, block_id: str, action_id: str, value: Value = None
    ) -> None:
        """Press a button, or choose `value` in a menu or a picker.

        It is in a message, in the Home tab (`HOME`) or in the open modal (`MODAL`).

        Raises:
            NotFound: if there is no such element, or it cannot have the value.
        """
        surface = self._locate(channel, ts)
        element = find_element(surface.blocks, block_id, action_id)
        chosen = self._choose(surface, element, value)
        if not element.notifies:
            return
        source = surface.source(chosen)
        payload = payloads.block_actions(self._payload_user(), source, element, value)
        try:
            await self._requests.interaction(payload)
        except RequestFailed as error:
            in_view = channel in {HOME, MODAL}
            shown_in = self._slack.workspace.direct_message(self._user).id if in_view else channel
            warning = f"⚠️ The app did not respond to the button ({error})."
            self._slack.workspace.post_ephemeral(shown_in, warning, user=SLACKBOT)

    async def submit(self, values: Mapping[str, Mapping[str, Value]]) -> None:
        """Fill in the open modal, by the ids of blocks and elements, and submit it.

        Raises:
            NotFound: if there is no modal, no such element, or it cannot have the value.
        """
        workspace = self._slack.workspace
        modal = workspace.modals.of(self._user)
        if modal is None:
            raise NotFound("there is no modal")
        surface = surface_of(modal)
        for block_id, elements in values.items():
            for action_id, value in elements.items():
                self._choose(surface, find_element(surface.blocks, block_id, action_id), value)
        chosen = self._chosen.get(surface.key, {})
        errors = unfilled(with_block_ids(surface.blocks), chosen)
        if errors:
            workspace.modals.show(modal.id, modal.user, modal.view, errors)
            return
        payload = payloads.view_submission(self._payload_user(), modal, chosen)
        try:
            body = await self._requests.interaction(payload)
        except RequestFailed:
            workspace.modals.show(modal.id, modal.user, modal.view, FAILED)
        else:
            respond(workspace, modal, body)

    def close_modal(self) -> None:
        """Close the open modal, if there is one. The app is not told, since no view asks for that."""
        modal = self._slack.workspace.modals.of(self._user)
        if modal:
            self._slack.workspace.modals.close(modal)

    async def open_home(self) -> None:
        """Open the bot's Home tab. Slack would retry a failed request; this does not."""
        channel = self._slack.workspace.direct_message(self._user).id
        home = self._slack.workspace.home_of(self._user)
        event = payloads.home_opened(self._user, channel, home)
        try:
            await self._requests.event(event)
        except RequestFailed as error:
            warning = f"⚠️ The app did not respond when its Home tab was opened ({error})."
            self._slack.workspace.post_ephemeral(channel, warning, user=SLACKBOT)

    async def invite_bot(self, channel: str, *, sent: int = 1) -> None:
        """Invite the bot into a channel; its event is `sent` so often, as when Slack repeats it.

        Raises:
            NotFound: if there is no such channel.
        """
        conversation = self._slack.workspace.conversations.get(channel)
        if conversation is None or conversation.user:
            raise NotFound(f"there is no channel {channel}")
        conversation.is_member = True
        event = payloads.bot_joined(conversation, self._user)
        for _ in range(sent):
            try:
                await self._requests.event(event)
            except RequestFailed as error:
                warning = f"⚠️ The app did not respond to the invitation ({error})."
                self._slack.workspace.post_ephemeral(channel, warning, user=SLACKBOT)

    async def _command(self, channel: str, text: str) -> None:
        workspace = self._slack.workspace
        fields = payloads.slash_command(
            self._payload_user(),
            workspace.conversations[channel],
            text,
            self._slack.response_url(channel),
        )
        try:
            body = await self._requests.form(fields)
            if body:
                show(workspace, channel, _parse_response(body))
        except (RequestFailed, SlackError) as error:
            notice = f'{_OUR_COMMAND} failed with the error "{error}"'
            workspace.post_ephemeral(channel, notice, user=SLACKBOT)

    def _payload_user(self) -> payloads.User:
        """Return the user with a new trigger id."""
        workspace = self._slack.workspace
        trigger = workspace.triggers.create(self._user)
        team = workspace.profiles.get(self._user, Profile()).team
        return payloads.User(self._user, workspace.people[self._user], trigger, team)

    def _choose(self, surface: Surface, element: Element, value: Value) -> Chosen:
        """Keep what was chosen; return all that was chosen in this message or view."""
        if "options" in element.given and value is None:
            raise NotFound(f"{element.given['action_id']} has no option {value}")
        try:
            value_of(element, value)
        except ValueError as error:
            raise NotFound(str(error)) from None
        chosen = self._chosen.setdefault(surface.key, {})
        if element.given["type"] in STATEFUL:
            chosen[element.id] = value
        return chosen

    def _locate(self, channel: str, ts: str | None) -> Surface:
        workspace = self._slack.workspace
        if channel not in {HOME, MODAL}:
            return self._locate_message(channel, ts or "")
        shown: Home | Modal | None
        if channel == HOME:
            shown = workspace.home_of(self._user)
        else:
            shown = workspace.modals.of(self._user)
        if shown is None:
            raise NotFound(f"there is no {channel} view")
        return surface_of(shown)

    def _locate_message(self, channel: str, ts: str) -> Surface:
        conversation = self._slack.workspace.conversations.get(channel)
        stored = conversation.find_post(ts) if conversation else None
        post = stored or self._slack.workspace.find_ephemeral(channel, ts)
        if post is None or conversation is None:
            raise NotFound(f"there is no message {ts} in {channel}")
        source = payloads.message_source if stored else payloads.ephemeral_source
        url = self._slack.response_url(channel, post)
        key = f"{channel} {ts} {post.edited_at}"
        return Surface(key, post.blocks, partial(source, post, conversation, url))


def _parse_response(body: bytes) -> Mapping[str, Any]:
    """Parse a response, which may be JSON or plain text."""
    try:
        given = from_json(body)
    except ValueError:
        return {"text": body.decode(errors="replace")}
    return given if isinstance(given, dict) else {"text": str(given)}
