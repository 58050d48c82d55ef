"""The workspace that the bot belongs to. Requests of other workspaces are refused."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
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
from bot.slack_app.response_url import post_response
from bot.transports.slack.message import SlackMessage

OPEN_LINK = "open_link"
"""The action of a button with a URL: Slack opens the URL itself, and only notifies the bot."""

_TRY_AGAIN = (
    "I can't reach Slack's API right now to check that I belong to this workspace."
    " Please try again in a minute."
)

CALL_ERRORS = (SlackClientError, ClientError, OSError, ValueError, AttributeError)
"""What a call of Slack's API raises. A TimeoutError is an OSError; the last two mean that the answer
is not as Slack documents it, and are raised here or by slack_sdk."""

_log = structlog.get_logger()


class WorkspaceUnknown(BotError):
    """It is not known yet which workspace the token belongs to: Slack did not answer in time."""


class _Identity(BaseModel):
    """The fields of Slack's answer that are used.

    https://docs.slack.dev/reference/methods/auth.test/
    """

    team_id: str = Field(min_length=1)
    enterprise_id: str | None = None
    bot_id: str | None = None
    user_id: str | None = None


class Workspace:
    """The workspace of the bot token, fetched on first use within `timeout`, and then cached."""

    def __init__(self, client: AsyncWebClient, timeout: timedelta) -> None:
        self._client = client
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._cached: AuthorizeResult | None = None

    async def identity(self) -> AuthorizeResult:
        """Return the ids of the bot and of its workspace.

        Raises:
            WorkspaceUnknown: if Slack does not answer in time; the next call asks it again.
        """
        try:
            async with asyncio.timeout(self._timeout.total_seconds()), self._lock:
                if self._cached is None:
                    self._cached = await self._fetch()
                return self._cached
        except CALL_ERRORS as error:
            _log.warning("workspace unknown", fault=type(error).__name__)
            raise WorkspaceUnknown("auth.test was not answered") from None

    async def gate(
        self, req: AsyncBoltRequest, next_: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Pass on requests of our own workspace; answer all others 403 without a reason.

        Slack's verification of the URL names no workspace and is passed on: its signature is valid.
        https://docs.slack.dev/reference/events/url_verification/
        An opened link is acknowledged for every workspace: it is too late to refuse it, and a guest
        of a shared channel would see an error below a download that works.
        https://docs.slack.dev/reference/block-kit/block-elements/button-element
        """
        if _only_opened_links(req.body):
            return BoltResponse(status=200, body="")
        if req.body.get("type") != "url_verification":
            try:
                ours = (await self.identity()).team_id
            except WorkspaceUnknown:
                return await _ask_to_repeat(req)
            if req.context.team_id != ours:
                _log.warning("foreign workspace refused")
                return BoltResponse(status=403, body="")
        await next_()
        return None

    async def _fetch(self) -> AuthorizeResult:
        answer = await self._client.auth_test()
        found = _Identity.model_validate(answer.data)
        return AuthorizeResult(
            enterprise_id=found.enterprise_id,
            team_id=found.team_id,
            bot_id=found.bot_id,
            bot_user_id=found.user_id,
            bot_token=self._client.token,
        )


def _only_opened_links(body: Mapping[str, Any]) -> bool:
    """Whether the buttons that were pressed are all links."""
    actions = body.get("actions")
    if body.get("type") != "block_actions" or not isinstance(actions, list) or not actions:
        return False
    return all(isinstance(a, dict) and a.get("action_id") == OPEN_LINK for a in actions)


async def _ask_to_repeat(req: AsyncBoltRequest) -> BoltResponse:
    """Return a sentence for the user who typed a command, or a 503, after which Slack sends an event again.

    The user who pressed a button gets the sentence by the response URL: Slack shows no response.
    """
    if "command" in req.body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": _TRY_AGAIN})
    url = req.body.get("response_url")
    if isinstance(url, str) and await post_response(url, SlackMessage(_TRY_AGAIN, ())):
        return BoltResponse(status=200, body="")
    return BoltResponse(status=503, body="")
