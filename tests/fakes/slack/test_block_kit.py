"""Blocks are validated as Slack does it, and each error has a JSON pointer."""

from typing import Any

import pytest

from bot.fakes.slack.block_kit import block_errors, text_length

Json = dict[str, Any]


def plain(text: str = "words") -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str = "*words*") -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def button(**changes: Any) -> Json:
    return {
        "type": "button",
        "text": plain("Download"),
        "url": "https://example.com/x",
        "value": "v",
        "action_id": "download",
        "style": "primary",
        **changes,
    }


def section(**changes: Any) -> Json:
    return {"type": "section", "text": mrkdwn(), **changes}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


OPTION = {"text": plain(), "value": "a"}

VALID: list[Json] = [
    {"type": "header", "text": plain("x" * 150), "block_id": "b"},
    {"type": "divider"},
    section(text=mrkdwn("x" * 3_000)),
    section(text=None, fields=[mrkdwn("x" * 2_000)] * 10),
    section(accessory=button(confirm=dict.fromkeys(("title", "text", "confirm", "deny"), plain()))),
    section(
        accessory={"type": "image", "image_url": "https://example.com/i.png", "alt_text": "a face"}
    ),
    {"type": "context", "elements": [mrkdwn(), plain()] * 5},
    actions(button(text=plain("x" * 75), value="x" * 2_000)),
    actions({"type": "overflow", "options": [OPTION]}),
    actions({"type": "static_select", "options": [OPTION], "placeholder": plain("x" * 150)}),
    {"type": "image", "image_url": "https://example.com/i.png", "alt_text": "a", "title": plain()},
    {"type": "markdown", "text": "# words"},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "words", "style": {"bold": True}},
                    {"type": "link", "url": "https://example.com"},
                    {"type": "emoji", "name": "tada"},
                    {"type": "user", "user_id": "U0BOT"},
                    {"type": "channel", "channel_id": "C0RECRUIT"},
                    {"type": "date", "timestamp": 1, "format": "{date}"},
                    {"type": "broadcast", "range": "here"},
                ],
            },
        ],
    },
]


@pytest.mark.parametrize("block", VALID, ids=lambda b: b["type"])
def test_valid_blocks_have_no_errors(block: Json) -> None:
    assert block_errors([block]) == []


@pytest.mark.parametrize(
    ("block", "error"),
    [
        ({"type": "heading"}, "/blocks/0]"),
        ({}, "/blocks/0]"),
        ("divider", "/blocks/0]"),
        ({"type": "divider", "colour": "red"}, "/blocks/0/colour]"),
        ({"type": "header"}, "/blocks/0/text]"),
        ({"type": "header", "text": mrkdwn()}, "/blocks/0/text/type]"),
        (
            {"type": "header", "text": plain("x" * 151)},
            "must be less than 151 characters [json-pointer:/blocks/0/text]",
        ),
        ({"type": "section"}, "must have text or fields [json-pointer:/blocks/0]"),
        (section(text=mrkdwn("")), "at least 1 character [json-pointer:/blocks/0/text/text]"),
        (section(text=mrkdwn("x" * 3_001)), "/blocks/0/text/text]"),
        (section(text={"type": "markdown", "text": "x"}), "/blocks/0/text]"),
        (section(fields=[]), "/blocks/0/fields]"),
        (section(fields=[mrkdwn()] * 11), "/blocks/0/fields]"),
        (
            section(fields=[mrkdwn("x" * 2_001)]),
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0]",
        ),
        (section(block_id="x" * 256), "/blocks/0/block_id]"),
        ({"type": "context", "elements": []}, "/blocks/0/elements]"),
        ({"type": "context", "elements": [mrkdwn()] * 11}, "/blocks/0/elements]"),
        ({"type": "context", "elements": [button()]}, "/blocks/0/elements/0]"),
        (actions(), "/blocks/0/elements]"),
        (actions(*[button()] * 26), "/blocks/0/elements]"),
        (actions(button(text=plain("x" * 76))), "/blocks/0/elements/0/text]"),
        (actions(button(text=mrkdwn())), "/blocks/0/elements/0/text/type]"),
        (actions(button(value="x" * 2_001)), "/blocks/0/elements/0/value]"),
        (actions(button(url="https://x.example/" + "x" * 3_000)), "/blocks/0/elements/0/url]"),
        (actions(button(url="no url")), "/blocks/0/elements/0/url]"),
        (
            {"type": "image", "image_url": "data:image/png,x", "alt_text": "a"},
            "/blocks/0/image_url]",
        ),
        ({"type": "image", "slack_file": {"id": "F0"}, "alt_text": "a"}, "/blocks/0/image_url]"),
        ({"type": "image", "image_url": "https://example.com/i.png"}, "/blocks/0/alt_text]"),
        (
            {"type": "image", "image_url": "https://x.example", "alt_text": "a", "title": mrkdwn()},
            "/blocks/0/title/type]",
        ),
        ({"type": "markdown", "text": "x" * 12_001}, "/blocks/0/text]"),
        (actions(button(style="loud")), "/blocks/0/elements/0/style]"),
        (actions(button(action_id="x" * 256)), "/blocks/0/elements/0/action_id]"),
        (
            actions(
                {"type": "static_select", "options": [OPTION], "placeholder": plain("x" * 151)}
            ),
            "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder]",
        ),
        (actions(button(), button()), "action_id is used twice [json-pointer:/blocks/0/elements]"),
        (
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{}]}]},
            "/blocks/0/elements/0/elements/0]",
        ),
        (
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}
                ],
            },
            "/blocks/0/elements/0/elements/0/text]",
        ),
    ],
)
def test_invalid_blocks_have_an_error(block: Json, error: str) -> None:
    errors = block_errors([block])
    assert len(errors) >= 1
    assert error in errors[0]


def test_a_message_has_at_most_fifty_blocks() -> None:
    assert block_errors([{"type": "divider"}] * 50) == []
    assert len(block_errors([{"type": "divider"}] * 51)) == 1


def test_block_ids_are_unique() -> None:
    assert block_errors([section(block_id="a"), section(block_id="b")]) == []
    assert block_errors([section(block_id="a"), section(block_id="a")]) == [
        "block_id 'a' is used twice [json-pointer:/blocks/1/block_id]"
    ]


def test_all_text_is_counted() -> None:
    assert text_length([section(fields=[plain("12"), mrkdwn("345")], text=plain("6"))]) == 6
