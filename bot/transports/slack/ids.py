"""Whom a Slack id names, told by its first letter.

Anything else is a channel's name; those have no capital letters.
"""

import re

_ID = re.compile(r"[CDGUW][A-Z0-9]{2,30}")


def is_user(text: str) -> bool:
    return _begins("UW", text)


def is_channel(text: str) -> bool:
    """A public or private channel."""
    return _begins("CG", text)


def is_direct_message(text: str) -> bool:
    return _begins("D", text)


def is_conversation(text: str) -> bool:
    """Whatever can be posted to by its id."""
    return is_channel(text) or is_direct_message(text)


def _begins(letters: str, text: str) -> bool:
    return _ID.fullmatch(text) is not None and text[0] in letters
