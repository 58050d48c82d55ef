"""A mail's HTML as the page frames it: in the reader's scheme or the other one, links to new tabs."""

import re
from enum import StrEnum

_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_STYLE = re.compile(r"<style\b.*?</style>", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


class Scheme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"


def shown_in(scheme: Scheme, html: str) -> str:
    """The mail as a reader sees it whose system prefers this scheme, whatever this browser's does."""
    condition = _ALWAYS if scheme is Scheme.DARK else _NEVER
    chosen = _STYLE.sub(lambda style: _DARK.sub(condition, style[0]), html)
    base = '<base target="_blank">'
    return _HEAD.sub(lambda head: head[0] + base, chosen, count=1)
