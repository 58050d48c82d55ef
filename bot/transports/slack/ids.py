"""Kinds of Slack ids, told apart by the first letter; channel names have no capital letters."""

import re

_ID = re.compile(r"[CDGUW][A-Z0-9]{2,30}")


def is_user(text: str) -> bool:
    return _is_id(text, "UW")


def is_channel(text: str) -> bool:
    """Return whether this is the id of a public or private channel."""
    return _is_id(text, "CG")


def is_direct_message(text: str) -> bool:
    return _is_id(text, "D")


def is_conversation(text: str) -> bool:
    """Return whether `chat.postMessage` accepts this id."""
    return is_channel(text) or is_direct_message(text)


def _is_id(text: str, first_letters: str) -> bool:
    return _ID.fullmatch(text) is not None and text[0] in first_letters
