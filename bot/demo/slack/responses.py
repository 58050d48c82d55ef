"""Response URLs: through one of these the bot may answer a command or a button later on.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.demo.slack.arguments import SlackRefusal
from bot.demo.slack.chat import refuse_bad_blocks
from bot.demo.slack.workspace import Workspace

_USES = 5
_SECONDS = 30 * 60


class Answer(BaseModel):
    """What the bot says, at once or later."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    response_type: Literal["ephemeral", "in_channel"] = "ephemeral"
    text: str = ""
    blocks: list[Any] = []


@dataclass(slots=True)
class _Handed:
    channel: str
    until: float
    uses: int = _USES


class Responses:
    """Hands out addresses below `url`, and shows what is posted to them; `clock` gives seconds."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.monotonic) -> None:
        self._workspace = workspace
        self._clock = clock
        self._handed: dict[str, _Handed] = {}

    def hand_out(self, channel: str) -> str:
        """The end of an address for answers in this channel."""
        token = uuid4().hex
        self._handed[token] = _Handed(channel, self._clock() + _SECONDS)
        return token

    def take(self, token: str, given: object) -> None:
        """Show what was posted.

        Raises:
            SlackRefusal: if the address is unknown, too old or used up, or the message unfit.
        """
        handed = self._handed.get(token)
        if handed is None:
            raise SlackRefusal("invalid_url")
        if self._clock() > handed.until:
            raise SlackRefusal("expired_url")
        if handed.uses == 0:
            raise SlackRefusal("used_url")
        handed.uses -= 1
        show(self._workspace, handed.channel, given)


def show(workspace: Workspace, channel: str, given: object) -> None:
    """Show the bot's answer to one person, or to all of the channel.

    Raises:
        SlackRefusal: if it is not a message that Slack would take.
    """
    try:
        answer = Answer.model_validate(given)
    except ValidationError:
        raise SlackRefusal("invalid_payload") from None
    if not answer.text and not answer.blocks:
        raise SlackRefusal("no_text")
    refuse_bad_blocks(answer.blocks)
    said: Mapping[str, Any] = {"text": answer.text, "blocks": answer.blocks}
    if answer.response_type == "in_channel":
        workspace.say(channel, **said)
    else:
        workspace.whisper(channel, **said)
