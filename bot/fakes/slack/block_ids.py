"""Ids for blocks and elements that were posted without any; Slack generates these too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]

_INTERACTIVE = {"button", "overflow", "static_select"}


@dataclass(frozen=True, slots=True)
class Element:
    """An interactive element, and the id of its block."""

    block_id: str
    given: Mapping[str, Any]

    def option(self, value: str | None) -> Mapping[str, Any] | None:
        """Return the option with this value, or None if there is none."""
        return next((o for o in self.given.get("options", ()) if o["value"] == value), None)


def with_block_ids(blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks with a `block_id` each, and their interactive elements with an `action_id`."""
    return [_block(block, f"b{index}") for index, block in enumerate(blocks)]


def interactive_elements(blocks: Sequence[Block]) -> Iterator[Element]:
    """Yield the interactive elements of these blocks."""
    for block in with_block_ids(blocks):
        for given in (*block.get("elements", ()), block.get("accessory", {})):
            if given.get("type") in _INTERACTIVE:
                yield Element(block["block_id"], given)


def _block(block: Block, name: str) -> Block:
    named: dict[str, Any] = {"block_id": name, **block}
    if block["type"] == "actions":
        named["elements"] = [
            _element(given, f"{name}a{index}") for index, given in enumerate(block["elements"])
        ]
    if "accessory" in block:
        named["accessory"] = _element(block["accessory"], f"{name}a")
    return named


def _element(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {"action_id": name, **given} if given["type"] in _INTERACTIVE else given
