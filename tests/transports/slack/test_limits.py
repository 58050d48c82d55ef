"""Messages are shortened to Slack's limits."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.transports.slack.limits import cut, fit
from bot.transports.slack.message import SlackMessage

TOKEN = "<!date^1768487400^{date_short_pretty} at {time}|15 Jan 2026, 14:30 UTC>"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "emoji": False, "text": text}


def header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": plain(text)}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "verbatim": True, "text": text}}


def fields(*texts: str) -> dict[str, Any]:
    return {"type": "section", "fields": [plain(text) for text in texts]}


def context(*texts: str) -> dict[str, Any]:
    return {"type": "context", "elements": [plain(text) for text in texts]}


def button(label: str, **more: str) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": plain(label), **more}


def actions(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": [*buttons]}


DIVIDER = {"type": "divider"}


def fitted(*blocks: dict[str, Any]) -> list[Any]:
    return list(fit(SlackMessage("x", blocks)).blocks)


def test_a_message_within_the_limits_stays_as_it_is() -> None:
    message = SlackMessage(
        "x" * 4_000,
        (
            header("h" * 150),
            section("s" * 3_000),
            fields("f" * 2_000, *"123456789"),
            actions(button("b" * 75, url="u" * 3_000, value="v" * 2_000)),
            context(*"1234567890"),
            DIVIDER,
        ),
    )
    assert fit(message) == message


def test_long_texts_end_in_an_ellipsis() -> None:
    message = fit(
        SlackMessage(
            "x" * 4_001,
            (header("h" * 151), section("s" * 3_001), fields("f" * 2_001), context("c" * 1_500)),
        )
    )
    assert message == SlackMessage(
        "x" * 3_999 + "…",
        (
            header("h" * 149 + "…"),
            section("s" * 2_999 + "…"),
            fields("f" * 1_999 + "…"),
            context("c" * 1_500),
        ),
    )


def test_a_long_note_ends_in_an_ellipsis() -> None:
    assert fitted(context("c" * 3_001)) == [context("c" * 2_999 + "…")]


def test_long_lists_say_how_many_more_there_are() -> None:
    assert fitted(fields(*"123456789abc")) == [fields(*"123456789", "+3 more")]
    assert fitted(context(*"123456789ab")) == [context(*"123456789", "+2 more")]
    assert fitted(*[DIVIDER] * 1_300) == [*[DIVIDER] * 49, context("+1,251 more")]


def test_a_button_has_a_short_label() -> None:
    assert fitted(actions(button("b" * 76, value="v"))) == [
        actions(button("b" * 74 + "…", value="v"))
    ]


def test_a_row_has_at_most_25_buttons() -> None:
    [row] = fitted(actions(*[button("b")] * 26))
    assert len(row["elements"]) == 25


TOO_LONG = (
    "Download: this link is too long for Slack. The email has it; operators can look it up, too."
)


def test_a_link_that_is_too_long_becomes_a_note() -> None:
    long = button("Download", url="https://e.example/" + "x" * 2_983)
    assert fitted(actions(long)) == [context(TOO_LONG)]
    assert fitted(actions(long, button("Other"))) == [actions(button("Other")), context(TOO_LONG)]


def test_a_value_is_never_cut() -> None:
    assert fitted(actions(button("Retry", value="v" * 2_001)))[0]["type"] == "context"


@pytest.mark.parametrize("nothing", ["", " "])
def test_empty_text_becomes_a_dash_since_slack_refuses_it(nothing: str) -> None:
    assert fitted(header(nothing), fields("a", nothing)) == [header("—"), fields("a", "—")]


def test_the_total_stays_under_12000_and_short_texts_stay_whole() -> None:
    message = fit(
        SlackMessage("short", (header("head"), *[section("s" * 2_900)] * 4, fields("f" * 1_900)))
    )
    assert message.text == "short"
    assert message.blocks[0] == header("head")
    assert message.blocks[-1] == fields("f" * 1_900)
    assert message.blocks[1] == section("s" * 2_521 + "…")
    assert sum(map(len, texts_of(message))) < 12_000


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("abcd efg", 6, "abcd…"),
        ("abc&amp;def", 6, "abc…"),
        ("abc&amp;def", 8, "abc…"),
        ("abc&amp;def", 9, "abc&amp;…"),
        ("&lt;&gt;&lt;", 10, "&lt;&gt;…"),
        (f"at {TOKEN} and so on", 20, "at…"),
        (f"at {TOKEN} and so on", len(TOKEN) + 6, f"at {TOKEN} a…"),
        (f"{TOKEN}{TOKEN}", len(TOKEN) + 9, f"{TOKEN}…"),
    ],
)
def test_entities_and_dates_are_not_cut(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


pieces = st.sampled_from(["&amp;", "&lt;", "&gt;", TOKEN, "a", " ", "é", "🙂", "x" * 50])
texts = st.lists(pieces, max_size=80).map("".join) | st.integers(0, 13_000).map(lambda n: "y" * n)
blocks = st.one_of(
    texts.map(header),
    texts.map(section),
    st.lists(texts, min_size=1, max_size=14).map(lambda many: fields(*many)),
    st.lists(texts, min_size=1, max_size=14).map(lambda many: context(*many)),
    st.builds(lambda label, url: actions(button(label, url=url)), texts, texts),
    st.just(DIVIDER),
)
messages = st.builds(
    lambda text, many, times: SlackMessage(text, tuple(many * times)),
    texts,
    st.lists(blocks, max_size=5),
    st.sampled_from([1, 12]),
)


def texts_of(message: SlackMessage) -> Iterator[str]:
    yield message.text
    for block in message.blocks:
        for part in [block, *block.get("fields", []), *block.get("elements", [])]:
            text = part.get("text")
            if text is not None:
                yield text if isinstance(text, str) else text["text"]


@given(texts, st.integers(1, 200))
def test_any_text_is_cut_to_the_limit_between_tokens(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    assert not re.search("&(?!amp;|lt;|gt;)", short)
    assert short.replace(TOKEN, "").count("<") == 0
    assert short == text or text.startswith(short[:-1])


@given(messages)
def test_any_message_is_fitted_to_every_limit(message: SlackMessage) -> None:
    result = fit(message)
    assert len(result.blocks) <= 50
    assert sum(map(len, texts_of(result))) < 12_000
    for block in result.blocks:
        match block["type"]:
            case "header":
                assert 1 <= len(block["text"]["text"]) <= 150
            case "section":
                assert all(1 <= len(f["text"]) <= 2_000 for f in block.get("fields", []))
                assert len(block.get("fields", [])) <= 10
                assert len(block.get("text", plain("x"))["text"]) <= 3_000
            case "context":
                assert len(block["elements"]) <= 10
            case "actions":
                assert all(len(element["url"]) <= 3_000 for element in block["elements"])
                assert all(1 <= len(e["text"]["text"]) <= 75 for e in block["elements"])
    assert fit(result) == result
