"""Keeps a mail below the size at which mail programs clip it."""

from collections.abc import Mapping
from typing import Any

from bot.model import Mail
from bot.rendering.graphemes import cut

# Gmail clips a mail at 102 KB: https://support.google.com/mail/answer/6546. Base64 with its line ends
# makes 5.5 bytes of 4, and headers are added.
_MAX_BYTES = 70_000
VALUE_LIMITS = (2_000, 500, 120)
"""In characters; tried in this order until the mail is small enough."""
_URL_SUFFIX = "Url"
"""Ends the names of links, which cannot be cut; the templates leave out long ones."""


def is_small(mail: Mail) -> bool:
    """Return whether the mail is below the limit in any transfer encoding."""
    return len(mail.text.encode()) + len(mail.html.encode()) <= _MAX_BYTES


def with_short_values(context: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """Return the context with each text but links cut to the limit."""
    return {
        name: value if name.endswith(_URL_SUFFIX) else _short(value, limit)
        for name, value in context.items()
    }


def _short(value: Any, limit: int) -> Any:
    match value:
        case str():
            return cut(value, limit)
        case Mapping():
            return with_short_values(value, limit)
        case list() | tuple():
            return [_short(item, limit) for item in value]
        case _:
            return value
