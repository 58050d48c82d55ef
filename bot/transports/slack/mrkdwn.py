"""Slack's markup: https://docs.slack.dev/messaging/formatting-message-text."""

import re

_TOKEN = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
"""A date, a mention or a link, with an optional label."""


def escape(text: str) -> str:
    """Escape text so that Slack shows it as it is: no mention, no link, no channel name.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def as_plain_text(mrkdwn: str, *, links: bool = True) -> str:
    """Return the text without markup; without `links`, only their labels are kept."""
    return unescape(_TOKEN.sub(_with_link if links else _without_link, mrkdwn))


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
