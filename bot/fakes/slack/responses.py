"""Response URLs: through one of these the bot may answer a command or a button later on.

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

_USES = 5
_SECONDS = 30 * 60


class InvalidResponseUrl(SlackError):
    """The address is not one at which the bot may answer, or no longer."""


class Answer(BaseModel):
    """What the bot says, at once or later."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    response_type: Literal["ephemeral", "in_channel"] = "ephemeral"
    text: str = ""
    blocks: list[Any] = []
    replace_original: bool = False
    delete_original: bool = False


@dataclass(slots=True)
class _Handed:
    channel: str
    until: float
    original: Post | None
    uses: int = _USES


class Responses:
    """Hands out the ends of addresses, and shows what is posted there; `clock` gives seconds."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.monotonic) -> None:
        self._workspace = workspace
        self._clock = clock
        self._handed: dict[str, _Handed] = {}

    def create(self, channel: str, original: Post | None = None) -> str:
        """The end of an address for answers in this channel, to what was pressed in `original`."""
        token = uuid4().hex
        self._handed[token] = _Handed(channel, self._clock() + _SECONDS, original)
        return token

    def take(self, token: str, given: object) -> None:
        """Show what was posted.

        Raises:
            NoSuchUrl: if the address is unknown, too old or used up.
            SlackRefusal: if the message is unfit.
        """
        handed = self._handed.get(token)
        if handed is None:
            raise InvalidResponseUrl("invalid_url")
        if self._clock() > handed.until:
            raise InvalidResponseUrl("expired_url")
        if handed.uses == 0:
            raise InvalidResponseUrl("used_url")
        handed.uses -= 1
        show(self._workspace, handed.channel, given, handed.original)


def show(workspace: Workspace, channel: str, given: object, original: Post | None = None) -> None:
    """Show the bot's answer to one person, or to all of the channel, or instead of `original`.

    Raises:
        SlackRefusal: if it is not a message that Slack would take.
    """
    try:
        answer = Answer.model_validate(given)
    except ValidationError:
        raise SlackError("invalid_payload") from None
    shown = original and _as_it_is_now(workspace, original)
    if answer.delete_original:
        if shown:
            workspace.edit(shown, deleted=True)
        return
    if not answer.text and not answer.blocks:
        raise SlackError("no_text")
    check_blocks(answer.blocks)
    said: Mapping[str, Any] = {"text": answer.text, "blocks": answer.blocks}
    if shown and answer.replace_original:
        workspace.edit(shown, **said)
    elif answer.response_type == "in_channel":
        workspace.say(channel, **said)
    else:
        workspace.post_ephemeral(channel, **said)


def _as_it_is_now(workspace: Workspace, post: Post) -> Post | None:
    kept = workspace.conversations[post.channel].post(post.ts)
    return kept or workspace.find_ephemeral(post.channel, post.ts)
