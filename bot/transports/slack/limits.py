"""Slack's limits on messages, and functions that shorten messages to fit them."""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

from bot.rendering.graphemes import ELLIPSIS, boundary
from bot.transports.slack.message import Block, SlackMessage

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
# Undocumented: chat.postMessage answers msg_blocks_too_long above 12,000 in total.
# https://github.com/slackapi/bolt-js/issues/2509
ALL_TEXT = 11_999

_NOTHING = "—"
_TOO_LONG = "this link is too long for Slack. The email has it; operators can look it up, too."
_UNCUTTABLE = re.compile(r"&(?:amp|lt|gt);|<[^<>]*>")
"""An escaped character, or a token such as `<!date^…>`."""


def fit(message: SlackMessage, size: int | None = None) -> SlackMessage:
    """Return the message shortened to Slack's limits; unchanged if it is within them.

    `size` is the length of the message as JSON, if it is known: more than that of all texts together.
    """
    blocks = [shorter for block in message.blocks for shorter in _fit_block(block)]
    blocks = _cut_list(blocks, BLOCKS, lambda rest: _context(_more(rest)))
    fitted = SlackMessage(cut(message.text, TEXT), tuple(blocks))
    return fitted if size is not None and size <= ALL_TEXT else _fit_total(fitted)


def cut(text: str, limit: int) -> str:
    """Cut to at most `limit` code points, the last one an ellipsis.

    Grapheme clusters, escaped characters and tokens stay whole.
    """
    if len(text) <= limit:
        return text
    end = limit - len(ELLIPSIS)
    while (earlier := _before_token(text, boundary(text, end))) != end:
        end = earlier
    return text[:end].rstrip() + ELLIPSIS


def _before_token(text: str, position: int) -> int:
    """Return the position, or the start of the token around it."""
    for token in _UNCUTTABLE.finditer(text):
        if token.end() > position:
            return min(position, token.start())
    return position


def _fit_block(block: Block) -> list[Block]:
    match block["type"]:
        case "header":
            return [{**block, "text": _fit_text(block["text"], HEADER)}]
        case "section":
            return [_fit_section(block)]
        case "context":
            elements = [_fit_text(element, TEXT_OBJECT) for element in block["elements"]]
            return [{**block, "elements": _cut_list(elements, CONTEXT, _more)}]
        case "actions":
            return _fit_actions(block)
        case _:
            return [block]


def _fit_section(block: Block) -> Block:
    section = dict(block)
    if "text" in block:
        section["text"] = _fit_text(block["text"], SECTION)
    if "fields" in block:
        fields = [_fit_text(field, FIELD) for field in block["fields"]]
        section["fields"] = _cut_list(fields, FIELDS, _more)
    return section


def _fit_actions(block: Block) -> list[Block]:
    """Replace a button by a note if its link or its value is too long: they cannot be cut."""
    buttons: list[Block] = []
    notes: list[Block] = []
    for element in block["elements"]:
        if element["type"] != "button":
            buttons.append(element)
            continue
        label = _fit_text(element["text"], BUTTON)
        if len(element.get("url", "")) > URL or len(element.get("value", "")) > VALUE:
            notes.append(_context({**label, "text": f"{label['text']}: {_TOO_LONG}"}))
        else:
            buttons.append({**element, "text": label})
    return [*([{**block, "elements": buttons[:ACTIONS]}] if buttons else []), *notes]


def _fit_text(text: Block, limit: int) -> Block:
    """Cut the text, and replace empty text, which Slack refuses, by a dash."""
    return {**text, "text": cut(text["text"], limit) if text["text"].strip() else _NOTHING}


def _cut_list(items: list[Block], limit: int, note: Callable[[int], Block]) -> list[Block]:
    if len(items) <= limit:
        return items
    return [*items[: limit - 1], note(len(items) - limit + 1)]


def _more(rest: int) -> Block:
    return {"type": "plain_text", "emoji": False, "text": f"+{rest:,} more"}


def _context(element: Block) -> Block:
    return {"type": "context", "elements": [element]}


def _fit_total(message: SlackMessage) -> SlackMessage:
    """Cut the longest texts to one length, so that all texts together fit the limit."""
    lengths = [len(message.text), *(len(t["text"]) for t in _texts(message.blocks))]
    if sum(lengths) <= ALL_TEXT:
        return message
    limit, blocks = _common_limit(lengths, ALL_TEXT), deepcopy(message.blocks)
    for text in _texts(blocks):
        text["text"] = cut(text["text"], limit)
    return SlackMessage(cut(message.text, limit), blocks)


def _common_limit(lengths: Sequence[int], total: int) -> int:
    """Return the length to cut the longest texts to, so that they are no longer than `total` together."""
    rest = total
    for index, length in enumerate(sorted(lengths)):
        share = rest // (len(lengths) - index)
        if length > share:
            return share
        rest -= length
    return total


def _texts(node: object) -> Iterator[dict[str, Any]]:
    """Yield every object with a `text` that Slack shows."""
    if isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from _texts(item)
