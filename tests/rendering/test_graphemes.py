"""Text is cut between grapheme clusters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Event
from bot.rendering.graphemes import boundary, cut
from bot.transports.slack import limits
from bot.views.event_summary import summarize_event
from tests.factories import NOW
from tests.renderers import MAIL_RENDERER, SLACK_RENDERER

# From https://www.unicode.org/Public/UCD/latest/ucd/auxiliary/GraphemeBreakTest.txt and
# https://unicode.org/Public/emoji/latest/emoji-zwj-sequences.txt: each is one character.
CHARACTERS = {
    "family": "👨\u200d👩\u200d👧\u200d👦",
    "profession with a skin tone": "👩🏽\u200d🔬",
    "kiss": "👩🏻\u200d❤\ufe0f\u200d💋\u200d👨🏿",
    "rainbow flag": "🏳\ufe0f\u200d🌈",
    "flag": "🇩🇪",
    "flag by tags": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "skin tone": "👍🏽",
    "emoji by a variation selector": "❤\ufe0f",
    "keycap": "1\ufe0f\u20e3",
    "combining marks": "e\u0301\u0323",
    "hangul by letters": "\u1100\u1161\u11a8",
    "hangul syllable and a letter": "\uac00\u11a8",
    "hangul of two leading letters": "\u1100\u1100\uac00",
    "devanagari conjunct": "क\u094dषि",
    "tamil vowel sign": "நி",
    "thai vowel": "กำ",
    "khmer": "ក\u17d2ម",
    "arabic number sign": "\u06001",
    "halfwidth katakana": "ﾊﾞ",
    "line break": "\r\n",
}
one = st.sampled_from([*CHARACTERS.values(), "a", "é", "中", "&", "x\u200d", " "])


@pytest.mark.parametrize("character", CHARACTERS.values(), ids=CHARACTERS)
def test_a_character_is_kept_or_left_out(character: str) -> None:
    text = "x" + character + "y" * 20
    for limit in range(2, len(character) + 3):
        whole = f"x{character}".rstrip() if limit >= len(character) + 2 else "x"
        assert cut(text, limit) == f"{whole}…"
        assert limits.cut(text, limit) == f"{whole}…"


def test_flags_are_cut_between_two_pairs() -> None:
    flags = "🇩🇪🇫🇷🇮🇹🇪🇸"
    assert [cut(flags, n) for n in range(1, 8)] == [
        *("…", "…", "🇩🇪…", "🇩🇪…", "🇩🇪🇫🇷…", "🇩🇪🇫🇷…", "🇩🇪🇫🇷🇮🇹…")
    ]


def test_text_that_fits_stays_as_it_is() -> None:
    for character in CHARACTERS.values():
        assert cut(character, len(character)) == character


def test_endless_marks_are_cut() -> None:
    assert cut("e" + "\u0301" * 5_000, 200) == "e" + "\u0301" * 198 + "…"


@given(st.lists(one, min_size=1, max_size=60), st.integers(1, 80))
def test_cut_text_consists_of_whole_characters(characters: list[str], limit: int) -> None:
    text = "".join(characters)
    short = cut(text, limit)
    assert len(short) <= limit
    if short != text:
        assert text.startswith(short[:-1])
        ends = {len("".join(characters[:n]).rstrip()) for n in range(len(characters) + 1)}
        assert len(short) - 1 in ends


@given(st.text(max_size=200), st.integers(0, 200))
def test_a_boundary_is_found_in_any_text(text: str, position: int) -> None:
    found = boundary(text, min(position, len(text)))
    assert 0 <= found <= position


@given(
    st.lists(st.sampled_from(["&lt;", "&amp;", "\u0301", "👨\u200d👩", "a"]), max_size=30),
    st.integers(1, 60),
)
def test_neither_an_escaped_character_nor_the_mark_on_it_is_cut(
    parts: list[str], limit: int
) -> None:
    text = "".join(parts)
    short = limits.cut(text, limit)
    assert len(short) <= limit
    kept = text if short == text else short[:-1]
    rest = text.removeprefix(kept) if kept else ""
    assert not rest.startswith(("\u0301", "\u200d", "lt;", "amp;"))


def test_every_message_keeps_a_family_emoji_whole() -> None:
    family = CHARACTERS["family"]
    event = {"id": "evt_1", "type": "search.completed", "at": 0}
    for before in range(60, 215):
        query = "x" * before + family + "y" * 200
        search = {"searchId": "srch_1", "resultCount": 1, "query": query, "resultsUrl": None}
        context = {**search, "event": event, "audience": "recruiters", "thread": ""}
        unknown = SLACK_RENDERER.render_template("_slack/not_understood", {"text": query})
        told = [
            MAIL_RENDERER.render_template("search.completed", context).subject,
            SLACK_RENDERER.render_template("search.completed", context).text,
            unknown.text,
            unknown.blocks[0]["text"]["text"],
            summarize_event(Event("evt_1", query, NOW, {}), has_deliveries=False),
        ]
        for text in told:
            assert not set(family) & set(text.replace(family, ""))
