"""The Bolt app: which function answers which of Slack's requests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot.errors import IntakeError
from bot.slack_app.bolt_log import bolt_log
from bot.slack_app.buttons import Button, add_buttons
from bot.slack_app.choosing import choosing_commands
from bot.slack_app.commands import SlashCommands
from bot.slack_app.context import AppContext, Asker
from bot.slack_app.explaining import why_commands
from bot.slack_app.exporting import export_commands
from bot.slack_app.failure_buttons import retry, show_details
from bot.slack_app.follow_buttons import follow, unfollow
from bot.slack_app.greeting import Greeting
from bot.slack_app.home import HomeTab
from bot.slack_app.home_actions import HomeActions
from bot.slack_app.home_changes import CHANGES, subscribe
from bot.slack_app.listing import listing_commands
from bot.slack_app.modals import SUBSCRIBE
from bot.slack_app.mute_buttons import mute, unmute
from bot.slack_app.muting import muting_commands
from bot.slack_app.operating import RETRY_ALL, operating_commands, retry_all_pressed
from bot.slack_app.quiet import quiet_commands
from bot.slack_app.sample_message import sample_commands, sample_pressed
from bot.slack_app.status import status_commands
from bot.slack_app.workspace_events import WorkspaceEvents
from bot.transports.slack import action_ids

_FAILED = "Something went wrong on my side, and my log says what. Please try again in a minute."
BUTTONS: Mapping[str, Button] = {
    action_ids.FOLLOW: follow,
    action_ids.UNFOLLOW: unfollow,
    action_ids.MUTE: mute,
    action_ids.UNMUTE: unmute,
    action_ids.RETRY: retry,
    action_ids.DETAILS: show_details,
    action_ids.TEST: sample_pressed,
}

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each step of an answer may take; their sum stays below Slack's three seconds.

    https://docs.slack.dev/interactivity/implementing-slash-commands/
    """

    identify_workspace: timedelta = timedelta(seconds=1)
    answer: timedelta = timedelta(seconds=1.2)
    publish_home: timedelta = timedelta(seconds=0.7)


TIMEOUTS = Timeouts()


def create_bolt(
    *, signing_secret: str, context: AppContext, timeouts: Timeouts = TIMEOUTS
) -> AsyncApp:
    """Return the app that answers `/juicebox` and shows the Home tab, to its own workspace only."""
    known = {
        **status_commands(context),
        **why_commands(context),
        **export_commands(context),
        **operating_commands(context),
        **sample_commands(context),
        **choosing_commands(context),
        **listing_commands(context),
        **muting_commands(context),
        **quiet_commands(context),
    }
    commands = SlashCommands(context, known, timeouts.answer)
    home = HomeTab(context, commands.in_time, timeouts.publish_home)
    actions = HomeActions(
        context, home, commands.in_time, timeouts.publish_home, CHANGES, subscribe
    )

    async def authorize() -> AuthorizeResult:
        return await context.workspace.identity()

    app = AsyncApp(
        name="juicebox",
        logger=bolt_log(),
        client=context.client,
        signing_secret=signing_secret,
        before_authorize=context.workspace.gate,
        authorize=authorize,
        process_before_response=True,  # the answer is the acknowledgement
    )

    @app.command("/juicebox")
    async def juicebox(ack: AsyncAck, command: dict[str, str]) -> BoltResponse:
        asker = Asker(
            command.get("user_id", ""),
            command.get("channel_id", ""),
            command.get("response_url", ""),
        )
        answer = await commands.answer(command.get("text", ""), asker)
        blocks = [dict(block) for block in answer.message.blocks]
        kind: Literal["in_channel", "ephemeral"] = (
            "in_channel" if answer.in_channel else "ephemeral"
        )
        return await ack(response_type=kind, text=answer.message.text, blocks=blocks)

    @app.action("refresh_home")
    async def home_refreshed(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        await home.refreshed(body)
        return await ack()

    @app.action(RETRY_ALL)
    async def retry_all(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        retry_all_pressed(context, body)
        return await ack()

    add_buttons(app, context, BUTTONS, commands.in_time, timeouts.publish_home)
    changes = WorkspaceEvents(context)

    @app.action(re.compile("^home_"))
    async def home_pressed(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        await actions.pressed(body)
        return await ack()

    @app.view(SUBSCRIBE)
    async def subscription_submitted(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        errors = await actions.submitted(body)
        if errors:
            return await ack(response_action="errors", errors=dict(errors))
        return await ack()

    app.event("app_home_opened")(home.opened)
    app.event("user_change")(changes.user_changed)
    app.event("channel_unarchive")(changes.unarchived)
    app.event("group_unarchive")(changes.unarchived)
    app.event("member_joined_channel")(Greeting(context, timeouts.answer).joined)
    app.error(_request_failed)
    return app


async def _request_failed(error: Exception) -> BoltResponse:
    if isinstance(error, IntakeError):
        _log.warning("slack refused", reason=error.reason, status=error.status)
        return BoltResponse(status=error.status, body="")
    _log.error("slack request failed", fault=type(error).__name__)
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": _FAILED})
