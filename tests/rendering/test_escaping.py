"""Text from outside is made harmless."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.escaping import clean, json_string, mrkdwn

anything = st.text(st.characters(exclude_categories=[]))


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
def test_text_is_one_line_that_says_what_it_shows(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(anything)
def test_clean_text_is_one_line_in_any_encoding_and_stays_clean(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned.splitlines()) <= 1
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


@given(anything)
def test_escaped_text_is_read_back_as_it_was(text: str) -> None:
    cleaned = clean(text)
    read = json.loads(f'"{json_string(mrkdwn(cleaned))}"')
    assert "<" not in read
    assert ">" not in read
    assert read.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == cleaned
