"""Cuts text between grapheme clusters, which are characters as people see them."""

import regex  # type: ignore[import-untyped]  # it ships no types

ELLIPSIS = "…"

_CLUSTER = regex.compile(r"\X")
_MAX_CLUSTER = 32
"""In code points. Text that follows https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format has
30 marks in a row at most; a longer cluster is cut."""


def cut(text: str, limit: int) -> str:
    """Return at most `limit` code points, the last of them an ellipsis if the text is longer."""
    if len(text) <= limit:
        return text
    return text[: boundary(text, limit - len(ELLIPSIS))].rstrip() + ELLIPSIS


def boundary(text: str, position: int) -> int:
    """Return the last position up to this one that is between two grapheme clusters.

    https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundary_Rules
    """
    for cluster in _CLUSTER.finditer(text):
        if cluster.end() > position:
            start: int = cluster.start()
            return start if position - start <= _MAX_CLUSTER else position
    return len(text)
