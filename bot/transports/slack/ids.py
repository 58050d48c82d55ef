"""Kinds of Slack ids, told apart by the first letter; channel names have no capital letters."""

import re

_REST = "[A-Z0-9]{2,30}"


def is_user(text: str) -> bool:
    return re.fullmatch(f"[UW]{_REST}", text) is not None


def is_channel(text: str) -> bool:
    """Return whether this is the id of a public or private channel."""
    return re.fullmatch(f"[CG]{_REST}", text) is not None


def is_direct_message(text: str) -> bool:
    return re.fullmatch(f"D{_REST}", text) is not None


def is_conversation(text: str) -> bool:
    """Return whether `chat.postMessage` accepts this id."""
    return is_channel(text) or is_direct_message(text)
