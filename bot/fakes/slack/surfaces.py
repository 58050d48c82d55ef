"""Messages and views with which people interact in the local Slack."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.errors import BotError
from bot.fakes.slack import payloads
from bot.fakes.slack.block_ids import Block, Element, interactive_elements
from bot.fakes.slack.modals import Modal
from bot.fakes.slack.state import Chosen
from bot.fakes.slack.workspace import Home


class NotFound(BotError):
    """There is no such channel, message or element."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A message or a view. `source` describes it in a payload; `key` names what was chosen in it."""

    key: str
    blocks: Sequence[Block]
    source: Callable[[Chosen], payloads.Payload]


def surface_of(shown: Home | Modal) -> Surface:
    """A modal keeps what was chosen when it is updated; the Home tab does not."""
    key = shown.hash if isinstance(shown, Home) else shown.id
    return Surface(key, shown.view["blocks"], partial(payloads.view_source, shown))


def find_element(blocks: Sequence[Mapping[str, Any]], block_id: str, action_id: str) -> Element:
    for element in interactive_elements(blocks):
        if element.id == (block_id, action_id):
            return element
    raise NotFound(f"there is no element {action_id} in block {block_id}")
