"""Slack messages as plain text."""

from typing import Any

import pytest

from bot.transports.slack.message import SlackMessage
from bot.transports.terminal.block_text import Line, Weight, block_lines


def text_of(*blocks: dict[str, Any], text: str = "") -> list[str]:
    return [line.text for line in block_lines(SlackMessage(text, blocks))]


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("*bold* and 2*3*4", "bold and 2*3*4"),
        ("<https://example.com/a|Download>", "Download (https://example.com/a)"),
        ("one\ntwo", "one two"),
    ],
)
def test_markup_becomes_plain_text(markup: str, shown: str) -> None:
    assert " ".join(text_of({"type": "section", "text": mrkdwn(markup)})) == shown


def test_plain_text_is_shown_as_it_is() -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": "*a* &amp; <b>"}}
    assert list(block_lines(SlackMessage("", (header,)))) == [
        Line("*a* &amp; <b>", Weight.HEADLINE)
    ]


def test_fields_are_shown_in_two_columns() -> None:
    fields = [mrkdwn(t) for t in ("*Records*", "1,204", "*Id*", "exp_1", "*Last*\nword")]
    assert text_of({"type": "section", "fields": fields}) == [
        "Records     1,204",
        "Id          exp_1",
        "Last: word",
    ]


def test_every_kind_of_block_is_shown() -> None:
    assert text_of(
        {"type": "section", "text": mrkdwn("words")},
        {
            "type": "context",
            "elements": [mrkdwn("a"), {"type": "plain_text", "text": "b"}],
        },
        {"type": "divider"},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": {"type": "plain_text", "text": "Download"},
                    "url": "https://example.com/x",
                },
                {"type": "button", "text": {"type": "plain_text", "text": "Retry"}},
                {"type": "overflow"},
            ],
        },
        {"type": "video"},
    ) == [
        "words",
        "a  b",
        "─" * 40,
        "[ Download ] https://example.com/x",
        "[ Retry ]",
        "(overflow)",
        "(video)",
    ]


def test_a_message_without_blocks_shows_its_text() -> None:
    assert text_of(text="one &amp; two\nthree") == ["one & two", "three"]
