"""Ids for blocks and elements that were posted without any; Slack generates these too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]

STATEFUL = {
    *("static_select", "multi_static_select", "checkboxes"),
    *("timepicker", "plain_text_input", "number_input"),
}
"""Elements that keep what was chosen or written."""
_INTERACTIVE = {"button", "overflow", *STATEFUL}


@dataclass(frozen=True, slots=True)
class Element:
    """An interactive element, and the id of its block.

    The app is notified of an interaction, unless it is an input whose block does not ask for that.
    https://docs.slack.dev/reference/block-kit/blocks/input-block
    """

    block_id: str
    given: Mapping[str, Any]
    notifies: bool = True

    @property
    def id(self) -> tuple[str, str]:
        """The ids of its block and of itself."""
        return self.block_id, self.given["action_id"]

    def option(self, value: str | None) -> Mapping[str, Any] | None:
        """Return the option with this value, or None if there is none."""
        return next((o for o in self.given.get("options", ()) if o["value"] == value), None)


def with_block_ids(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with a `block_id` each, and their interactive elements with an `action_id`."""
    return [_block(block, f"b{index}") for index, block in enumerate(blocks)]


def interactive_elements(blocks: Sequence[Block]) -> Iterator[Element]:
    """Yield the interactive elements of these blocks."""
    for block in with_block_ids(blocks):
        notifies = block["type"] != "input" or block.get("dispatch_action", False)
        inside = (block.get("accessory", {}), block.get("element", {}))
        for given in (*block.get("elements", ()), *inside):
            if given.get("type") in _INTERACTIVE:
                yield Element(block["block_id"], given, notifies)


def _block(block: Block, name: str) -> Block:
    named: dict[str, Any] = {"block_id": name, **block}
    if block["type"] == "actions":
        named["elements"] = [
            _element(given, f"{name}a{index}") for index, given in enumerate(block["elements"])
        ]
    for place in ("accessory", "element"):
        if place in block:
            named[place] = _element(block[place], f"{name}a")
    return named


def _element(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {"action_id": name, **given} if given["type"] in _INTERACTIVE else given
