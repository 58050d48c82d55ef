"""The content of a Slack message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A message for `chat.postMessage`; `text` is the one-sentence summary of `blocks`."""

    text: str
    blocks: tuple[Block, ...]
