"""Slack's markup, undone.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re

_TOKEN = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
"""A date, a mention or a link, and the words for it."""


def unescape(text: str) -> str:
    """The text as it was before `<`, `>` and `&` were escaped."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def as_plain_text(mrkdwn: str, *, links: bool = True) -> str:
    """What the markup says; without `links`, only the words for them."""
    shown = _TOKEN.sub(_with_link if links else _without_link, mrkdwn)
    return unescape(shown)


def _with_link(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    if target.startswith("!"):
        return label or "@" + target[1:]
    if target.startswith(("@", "#")):
        return target[0] + (label or target[1:])
    return f"{label} ({target})" if label else target


def _without_link(found: re.Match[str]) -> str:
    if found[1].startswith(("!", "@", "#")):
        return _with_link(found)
    return found[2] or "…"
