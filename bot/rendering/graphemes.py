"""Cuts text between grapheme clusters: characters as people see them."""

import unicodedata

ELLIPSIS = "…"

_MAX_CLUSTER = 32
"""In code points: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format allows 30 marks in a row."""

_ZWJ = "\u200d"
_EXTEND = frozenset("\u200c\u200d\uff9e\uff9f\u0e33\u0eb3")
"""Continues a cluster without being in a category of marks."""
_EXTEND_RANGES = (range(0x1F3FB, 0x1F400), range(0xE0020, 0xE0080))
"""Skin tones, and the tags in flags such as Scotland's."""
_PREPEND = frozenset(
    {
        *(*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0xD4E, 0x1CF5, 0x1CF6, 0x110BD),
        *(0x110CD, 0x111C2, 0x111C3, 0x113D1, 0x1193F, 0x11941, 0x11A3A, *range(0x11A84, 0x11A8A)),
        *(0x11D46, 0x11F02),
    }
)
"""https://www.unicode.org/Public/UCD/latest/ucd/auxiliary/GraphemeBreakProperty.txt, and two signs that
join with a consonant."""
_REGIONAL = range(0x1F1E6, 0x1F200)
_VIRAMA = 9
"""The combining class that joins two consonants in Indic scripts."""
_HANGUL_LEADING = (range(0x1100, 0x1160), range(0xA960, 0xA97D))
_HANGUL_REST = (range(0x1160, 0x1200), range(0xD7B0, 0xD7FC))
_HANGUL_SYLLABLE = range(0xAC00, 0xD7A4)


def cut(text: str, limit: int) -> str:
    """Cut to at most `limit` code points, the last one an ellipsis."""
    if len(text) <= limit:
        return text
    return text[: boundary(text, limit - len(ELLIPSIS))].rstrip() + ELLIPSIS


def boundary(text: str, position: int) -> int:
    """Return the last boundary between two grapheme clusters up to `position`.

    It joins a little more than Unicode's rules, since it does not look up which characters are
    pictographs or consonants: https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundary_Rules.
    """
    for candidate in range(position, max(0, position - _MAX_CLUSTER), -1):
        if candidate >= len(text) or not _joined(text, candidate):
            return candidate
    return position if position > _MAX_CLUSTER else 0


def _joined(text: str, position: int) -> bool:
    """Return whether the code points around the position are in one cluster."""
    before, after = text[position - 1], text[position]
    if before == "\r":
        return after == "\n"
    if unicodedata.category(before) in {"Cc", "Zl", "Zp"}:
        return False
    return (
        _continues(after)
        or before == _ZWJ
        or ord(before) in _PREPEND
        or (unicodedata.combining(before) == _VIRAMA and after.isalpha())
        or _one_syllable(ord(before), ord(after))
        or _one_flag(text, position)
    )


def _continues(char: str) -> bool:
    return (
        unicodedata.category(char) in {"Mn", "Mc", "Me"}
        or char in _EXTEND
        or any(ord(char) in extend for extend in _EXTEND_RANGES)
    )


def _one_syllable(before: int, after: int) -> bool:
    """Return whether two code points belong to one Hangul syllable."""
    leads = any(before in letters for letters in _HANGUL_LEADING)
    if any(after in letters for letters in _HANGUL_REST):
        rest = any(before in letters for letters in _HANGUL_REST)
        return leads or rest or before in _HANGUL_SYLLABLE
    return leads and (
        after in _HANGUL_SYLLABLE or any(after in letters for letters in _HANGUL_LEADING)
    )


def _one_flag(text: str, position: int) -> bool:
    """Return whether the position is within a pair of regional indicators, counted from their first."""
    if ord(text[position]) not in _REGIONAL:
        return False
    first = position
    while first and ord(text[first - 1]) in _REGIONAL:
        first -= 1
    return (position - first) % 2 == 1
