"""Untrusted text is cleaned and escaped."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.escaping import clean, json_string
from bot.transports.slack.mrkdwn import escape, unescape

any_text = st.text(st.characters(exclude_categories=[]))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain, 日本語, עברית, 👩\u200d💻", "plain, 日本語, עברית, 👩\u200d💻"),
        ("two  spaces stay", "two  spaces stay"),
        ("a\r\nb\tc\u2028d\u0085e", "a b c d e"),
        ("a\x00b\x07c\x1bd\x7fe\x9ff", "abcdef"),
        ("a\u202eb\u2066c\u200ed\u061ce", "abcde"),
        ("a\ud800b\uffffc", "a\ufffdb\ufffdc"),
    ],
)
def test_text_becomes_one_line_without_control_characters(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(any_text)
def test_clean_text_is_one_line_that_can_be_encoded_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned.splitlines()) <= 1
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


@given(any_text)
def test_escaped_text_can_be_read_back(text: str) -> None:
    cleaned = clean(text)
    read = json.loads(f'"{json_string(escape(cleaned))}"')
    assert "<" not in read
    assert ">" not in read
    assert unescape(read) == cleaned
