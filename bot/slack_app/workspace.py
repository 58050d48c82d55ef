"""Which workspace is ours, and who is turned away because they are from another."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import ClientError
from pydantic import BaseModel, Field
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError

OPEN_LINK = "open_link"
"""The action of a button that is a link: Slack opens it by itself, and only tells the bot."""
_ASK_SECONDS = 1.0
"""How long a command may wait for the workspace's name: Slack gives three seconds for everything."""

_UNKNOWN = (
    "I can't reach Slack's API right now to check that I belong to this workspace."
    " Please try again in a minute."
)

NO_ANSWER = (SlackClientError, ClientError, OSError, ValueError, AttributeError)
"""What a call of Slack's API raises: a TimeoutError is an OSError, and the last two come of an answer
that is not what Slack documents, be it to us or already to slack_sdk."""

_log = structlog.get_logger()


class WorkspaceUnknown(BotError):
    """Slack could not be asked which workspace the token belongs to."""


class _Identity(BaseModel):
    """What we need of Slack's answer.

    https://docs.slack.dev/reference/methods/auth.test/
    """

    team_id: str = Field(min_length=1)
    enterprise_id: str | None = None
    bot_id: str | None = None
    user_id: str | None = None


class Workspace:
    """The workspace of the bot token, asked for once and then remembered."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._asking = asyncio.Lock()
        self._known: AuthorizeResult | None = None

    async def identity(self) -> AuthorizeResult:
        """Who this bot is, and where.

        Raises:
            WorkspaceUnknown: if Slack did not say so in time; the next call asks again.
        """
        try:
            async with asyncio.timeout(_ASK_SECONDS), self._asking:
                if self._known is None:
                    self._known = await self._ask()
                return self._known
        except NO_ANSWER as fault:
            _log.warning("workspace unknown", fault=type(fault).__name__)
            raise WorkspaceUnknown("auth.test was not answered") from None

    async def gate(
        self, req: AsyncBoltRequest, next_: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Let requests of our own workspace pass; 403 for all others, who learn nothing more.

        Slack's check of the URL names no workspace and passes: its signature holds.
        https://docs.slack.dev/reference/events/url_verification/
        That somebody has opened a link is acknowledged to everyone, since there is nothing to refuse
        any more: a guest of a shared channel would be shown a failure under a download that works.
        https://docs.slack.dev/reference/block-kit/block-elements/button-element
        """
        if _has_opened_links(req.body):
            return BoltResponse(status=200, body="")
        if req.body.get("type") != "url_verification":
            try:
                ours = (await self.identity()).team_id
            except WorkspaceUnknown:
                return _try_again(req)
            if req.context.team_id != ours:
                _log.warning("foreign workspace refused")
                return BoltResponse(status=403, body="")
        await next_()
        return None

    async def _ask(self) -> AuthorizeResult:
        answer = await self._client.auth_test()
        found = _Identity.model_validate(answer.data)
        return AuthorizeResult(
            enterprise_id=found.enterprise_id,
            team_id=found.team_id,
            bot_id=found.bot_id,
            bot_user_id=found.user_id,
            bot_token=self._client.token,
        )


def _has_opened_links(body: Mapping[str, Any]) -> bool:
    """Whether buttons were pressed that are links, and none that asks for anything else."""
    actions = body.get("actions")
    if body.get("type") != "block_actions" or not isinstance(actions, list) or not actions:
        return False
    return all(isinstance(a, dict) and a.get("action_id") == OPEN_LINK for a in actions)


def _try_again(req: AsyncBoltRequest) -> BoltResponse:
    """A sentence for whoever typed a command; for what Slack itself sends, a reason to repeat it."""
    if "command" in req.body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": _UNKNOWN})
    return BoltResponse(status=503, body="")
