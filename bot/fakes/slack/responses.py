"""Response URLs, by which an app responds to a command or an interaction later.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.fakes.slack.arguments import SlackError
from bot.fakes.slack.chat import check_blocks
from bot.fakes.slack.workspace import Post, Workspace

_MAX_USES = 5
_LIFETIME = 30 * 60


class InvalidResponseUrl(SlackError):
    """The response URL is unknown, expired or used up."""


class Response(BaseModel):
    """The message in a response, whether immediate or by a response URL."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    response_type: Literal["ephemeral", "in_channel"] = "ephemeral"
    text: str = ""
    blocks: list[Any] = []
    replace_original: bool = False
    delete_original: bool = False


@dataclass(slots=True)
class _ResponseUrl:
    channel: str
    expires_at: float
    original: Post | None
    remaining_uses: int = _MAX_USES


class ResponseUrls:
    """Creates response URLs, and shows what is posted to them; `clock` returns seconds."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.monotonic) -> None:
        self._workspace = workspace
        self._clock = clock
        self._urls: dict[str, _ResponseUrl] = {}

    def create(self, channel: str, original: Post | None = None) -> str:
        """Return the token of a new URL, for an interaction with `original` if that is given."""
        token = uuid4().hex
        self._urls[token] = _ResponseUrl(channel, self._clock() + _LIFETIME, original)
        return token

    def post(self, token: str, given: object) -> None:
        """Show what was posted to the URL.

        Raises:
            InvalidResponseUrl: if the URL is unknown, expired or used up.
            SlackError: if Slack would refuse the message.
        """
        url = self._urls.get(token)
        if url is None:
            raise InvalidResponseUrl("invalid_url")
        if self._clock() > url.expires_at:
            raise InvalidResponseUrl("expired_url")
        if url.remaining_uses == 0:
            raise InvalidResponseUrl("used_url")
        url.remaining_uses -= 1
        show(self._workspace, url.channel, given, url.original)


def show(workspace: Workspace, channel: str, given: object, original: Post | None = None) -> None:
    """Show a response as an ephemeral message, to the whole channel, or in place of `original`.

    Raises:
        SlackError: if Slack would refuse the message.
    """
    try:
        response = Response.model_validate(given)
    except ValidationError:
        raise SlackError("invalid_payload") from None
    target = original and _current(workspace, original)
    if response.delete_original:
        if target:
            workspace.edit(target, deleted=True)
        return
    if not response.text and not response.blocks:
        raise SlackError("no_text")
    check_blocks(response.blocks)
    content: Mapping[str, Any] = {"text": response.text, "blocks": response.blocks}
    if target and response.replace_original:
        workspace.edit(target, **content)
    elif response.response_type == "in_channel":
        workspace.say(channel, **content)
    else:
        workspace.post_ephemeral(channel, **content)


def _current(workspace: Workspace, post: Post) -> Post | None:
    stored = workspace.conversations[post.channel].find_post(post.ts)
    return stored or workspace.find_ephemeral(post.channel, post.ts)
