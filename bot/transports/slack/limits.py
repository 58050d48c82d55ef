"""Slack's limits, and messages cut so as to keep them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.model import SlackMessage
from bot.rendering.graphemes import ELLIPSIS, boundary

Block = Mapping[str, Any]

# https://docs.slack.dev/reference/methods/chat.postMessage#truncating
TEXT = 4_000
# https://docs.slack.dev/reference/block-kit/blocks
BLOCKS = 50
# https://docs.slack.dev/reference/block-kit/blocks/header-block
HEADER = 150
# https://docs.slack.dev/reference/block-kit/blocks/section-block
SECTION = 3_000
FIELDS = 10
FIELD = 2_000
# https://docs.slack.dev/reference/block-kit/blocks/actions-block
ACTIONS = 25
# https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON = 75
VALUE = 2_000
URL = 3_000
# https://docs.slack.dev/reference/block-kit/blocks/context-block
CONTEXT = 10
# https://docs.slack.dev/reference/block-kit/composition-objects/text-object
TEXT_OBJECT = 3_000
# Not in the reference; chat.postMessage answers msg_blocks_too_long to more than 12,000, and counts
# what is around the texts with some allowance: https://github.com/slackapi/bolt-js/issues/2509
ALL_TEXT = 11_999

_NOTHING = "—"
_TOO_LONG = "this link is too long for Slack. The mail has it, and python -m bot record shows it."
_WHOLE = re.compile(r"&(?:amp|lt|gt);|<[^<>]*>")
"""What must not be cut in two: an escaped character, and a token such as `<!date^…>`."""


def fit(message: SlackMessage) -> SlackMessage:
    """The same message within Slack's limits; one that keeps them comes back unchanged."""
    blocks = [fitted for block in message.blocks for fitted in _fit_block(block)]
    blocks = _cut_list(blocks, BLOCKS, lambda rest: _context(_more(rest)))
    return _share_out(SlackMessage(cut(message.text, TEXT), tuple(blocks)))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them an ellipsis where some had to go.

    Characters are Unicode's code points. Neither one that is made of several, nor an escaped one,
    nor a token is cut in two.
    """
    if len(text) <= limit:
        return text
    end = limit - len(ELLIPSIS)
    while (whole := _before_token(text, boundary(text, end))) != end:
        end = whole
    return text[:end].rstrip() + ELLIPSIS


def _before_token(text: str, position: int) -> int:
    """The position, or the start of the token that it is in."""
    for token in _WHOLE.finditer(text):
        if token.end() > position:
            return min(position, token.start())
    return position


def _fit_block(block: Block) -> list[Block]:
    match block["type"]:
        case "header":
            return [{**block, "text": _fit_text(block["text"], HEADER)}]
        case "section":
            return _fit_section(block)
        case "context":
            elements = [_fit_text(element, TEXT_OBJECT) for element in block["elements"]]
            return [{**block, "elements": _cut_list(elements, CONTEXT, _more)}]
        case "actions":
            buttons, notes = _fit_buttons(block["elements"])
            return [*([{**block, "elements": buttons[:ACTIONS]}] if buttons else []), *notes]
        case _:
            return [block]


def _fit_section(block: Block) -> list[Block]:
    section = dict(block)
    notes: list[Block] = []
    if "text" in block:
        section["text"] = _fit_text(block["text"], SECTION)
    if "fields" in block:
        fields = [_fit_text(field, FIELD) for field in block["fields"]]
        section["fields"] = _cut_list(fields, FIELDS, _more)
    if "accessory" in block:
        buttons, notes = _fit_buttons([section.pop("accessory")])
        section |= [("accessory", button) for button in buttons]
    return [section, *notes]


def _fit_buttons(elements: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The buttons that Slack takes, and a note for each of the others.

    Half a link leads nowhere, and half a value means something else: neither can be cut.
    """
    fitted: list[Block] = []
    notes: list[Block] = []
    for element in elements:
        label = _fit_text(element["text"], BUTTON)
        if len(element.get("url", "")) > URL or len(element.get("value", "")) > VALUE:
            notes.append(_context({**label, "text": f"{label['text']}: {_TOO_LONG}"}))
        else:
            fitted.append({**element, "text": label})
    return fitted, notes


def _fit_text(text: Block, limit: int) -> Block:
    """Slack refuses empty text, so a dash stands for it."""
    return {**text, "text": cut(text["text"], limit) if text["text"].strip() else _NOTHING}


def _cut_list(items: list[Block], limit: int, note: Callable[[int], Block]) -> list[Block]:
    if len(items) <= limit:
        return items
    return [*items[: limit - 1], note(len(items) - limit + 1)]


def _more(rest: int) -> Block:
    return {"type": "plain_text", "emoji": False, "text": f"+{rest:,} more"}


def _context(element: Block) -> Block:
    return {"type": "context", "elements": [element]}


def _share_out(message: SlackMessage) -> SlackMessage:
    """Cut the longest texts, and those alone, until all of them together keep to the limit."""
    level = _level([len(message.text), *map(len, _texts(message.blocks))], ALL_TEXT)
    if level is None:
        return message
    blocks = (_cut_texts(block, level) for block in message.blocks)
    return SlackMessage(cut(message.text, level), tuple(blocks))


def _level(lengths: Sequence[int], total: int) -> int | None:
    """The length to which the longest must be cut; None if all have room as they are."""
    for index, length in enumerate(sorted(lengths)):
        share = total // (len(lengths) - index)
        if length > share:
            return share
        total -= length
    return None


def _texts(node: object) -> Iterator[str]:
    """Every text that Slack shows."""
    if isinstance(node, Mapping):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from _texts(item)


def _cut_texts(node: Any, level: int) -> Any:
    """A copy in which every text that Slack shows keeps to the level."""
    if isinstance(node, Mapping):
        return {
            key: cut(value, level)
            if key == "text" and isinstance(value, str)
            else _cut_texts(value, level)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_cut_texts(item, level) for item in node]
    return node
