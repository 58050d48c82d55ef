"""Converts Slack messages to lines of plain text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from bot.transports.slack.message import SlackMessage
from bot.transports.slack.mrkdwn import as_plain_text
from bot.transports.terminal.console import Line, Weight

_BOLD = re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")


def block_lines(message: SlackMessage) -> Iterator[Line]:
    """Return the text of the blocks, or of the message if it has no blocks."""
    if not message.blocks:
        yield from _lines(_plain(message.text))
    for block in message.blocks:
        yield from _block(block)


def _block(block: Mapping[str, Any]) -> Iterator[Line]:
    match block:
        case {"type": "header", "text": text}:
            yield from _lines(_text(text), Weight.HEADLINE)
        case {"type": "section"}:
            yield from _section(block)
        case {"type": "context", "elements": elements}:
            yield Line("  ".join(map(_element, elements)), Weight.ASIDE)
        case {"type": "actions", "elements": elements}:
            yield from (Line(_element(element)) for element in elements)
        case {"type": "divider"}:
            yield Line("─" * 40, Weight.ASIDE)
        case _:
            yield Line(f"({block.get('type')})", Weight.ASIDE)


def _section(block: Mapping[str, Any]) -> Iterator[Line]:
    if "text" in block:
        yield from _lines(_text(block["text"]))
    yield from _columns([_text(field).replace("\n", ": ") for field in block.get("fields", [])])


def _columns(cells: Sequence[str]) -> Iterator[Line]:
    """Slack shows fields in two columns, row by row."""
    left, right = cells[::2], cells[1::2]
    width = max(map(len, left), default=0)
    for first, second in zip_longest(left, right, fillvalue=""):
        yield Line(f"{first.ljust(width)}  {second}".rstrip())


def _element(element: Mapping[str, Any]) -> str:
    match element:
        case {"type": "button", "text": text, **rest}:
            return f"[ {_text(text)} ] {rest.get('url', '')}".rstrip()
        case {"type": "mrkdwn" | "plain_text"}:
            return _text(element)
        case _:
            return f"({element.get('type')})"


def _text(text: Mapping[str, Any]) -> str:
    return _plain(text["text"]) if text["type"] == "mrkdwn" else str(text["text"])


def _plain(mrkdwn: str) -> str:
    return as_plain_text(_BOLD.sub(r"\1", mrkdwn))


def _lines(text: str, weight: Weight = Weight.NORMAL) -> Iterator[Line]:
    return (Line(line, weight) for line in text.split("\n"))
