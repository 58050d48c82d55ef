"""Keeps a mail below the size at which mail programs cut it off."""

from collections.abc import Mapping
from typing import Any

from bot.model import Mail
from bot.rendering.graphemes import cut

# Gmail clips a mail at 102 KB: https://support.google.com/mail/answer/6546. As base64 with its line
# ends, four bytes become 5.5, and headers come on top.
_MOST_BYTES = 70_000
LONGEST_VALUES = (2_000, 500, 120)
"""In characters: what is tried in turn, until the whole mail is small enough."""
_LINK = "Url"
"""How the names of links end. Half a link leads nowhere, so templates decide about those."""


def is_small(mail: Mail) -> bool:
    """Whether the mail stays below the limit however it is encoded."""
    return len(mail.text.encode()) + len(mail.html.encode()) <= _MOST_BYTES


def with_short_values(context: Mapping[str, Any], longest: int) -> dict[str, Any]:
    """The context with each text cut to so many characters, with an ellipsis."""
    return {
        name: value if name.endswith(_LINK) else _short(value, longest)
        for name, value in context.items()
    }


def _short(value: Any, longest: int) -> Any:
    match value:
        case str():
            return cut(value, longest)
        case Mapping():
            return with_short_values(value, longest)
        case list() | tuple():
            return [_short(item, longest) for item in value]
        case _:
            return value
