"""Names for blocks and elements that the sender left without, as Slack gives them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]

_INTERACTIVE = {"button", "overflow", "static_select"}


@dataclass(frozen=True, slots=True)
class Element:
    """Something that can be pressed, and the block in which it stands."""

    block_id: str
    given: Mapping[str, Any]

    def option(self, value: str | None) -> Mapping[str, Any] | None:
        """The choice of that value, if this is a menu that has it."""
        return next((o for o in self.given.get("options", ()) if o["value"] == value), None)


def with_block_ids(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, each with a `block_id`, and whatever can be pressed with an `action_id`."""
    return [_block(block, f"b{index}") for index, block in enumerate(blocks)]


def elements(blocks: Sequence[Block]) -> Iterator[Element]:
    """Everything that can be pressed in these blocks."""
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
