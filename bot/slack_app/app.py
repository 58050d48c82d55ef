"""The Bolt app: which requests of Slack are answered, and by what."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import IntakeError
from bot.slack_app.bolt_log import bolt_log
from bot.slack_app.commands import SlashCommands
from bot.slack_app.home import HomeTab
from bot.slack_app.render import Describe, Render
from bot.slack_app.workspace import Workspace
from bot.store import Store

_BROKEN = "Something went wrong on my side, and my log says what. Please try again in a minute."

_log = structlog.get_logger()


def create_bolt(
    *,
    signing_secret: str,
    client: AsyncWebClient,
    store: Store,
    render: Render,
    describe: Describe,
    clock: Callable[[], datetime],
) -> AsyncApp:
    """The app that answers `/juicebox` and shows its Home tab: to its own workspace, and there to who asks."""
    workspace = Workspace(client)
    commands = SlashCommands(store=store, render=render, describe=describe, clock=clock)
    home = HomeTab(client, commands, render)

    async def authorize() -> AuthorizeResult:
        return await workspace.identity()

    app = AsyncApp(
        name="juicebox",
        logger=bolt_log(),
        client=client,
        signing_secret=signing_secret,
        before_authorize=workspace.gate,
        authorize=authorize,
        process_before_response=True,  # the answer is the acknowledgement
    )

    @app.command("/juicebox")
    async def juicebox(ack: AsyncAck, command: dict[str, str]) -> BoltResponse:
        answer = await commands.answer(command.get("text", ""))
        blocks = [dict(block) for block in answer.blocks]
        return await ack(response_type="ephemeral", text=answer.text, blocks=blocks)

    @app.event("app_home_opened")
    async def home_opened(event: dict[str, Any]) -> None:
        await home.opened(event)

    @app.action("refresh_home")
    async def refreshed(ack: AsyncAck, body: dict[str, Any]) -> BoltResponse:
        await home.refreshed(body)
        return await ack()

    @app.error
    async def broken(error: Exception) -> BoltResponse:
        if isinstance(error, IntakeError):
            _log.warning("slack refused", reason=error.reason, status=error.status)
            return BoltResponse(status=error.status, body="")
        _log.error("slack request failed", fault=type(error).__name__)
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": _BROKEN})

    return app
