"""What makes a string from outside harmless in a message."""

import json
import re
import unicodedata

_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_NO_CHARACTERS = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
"""Halves of surrogate pairs, which no encoding takes, and what XML, and so mrml, refuses."""
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks, overrides and isolates of writing direction: they can make `exe.pdf` of `fdp.exe`."""


def clean(text: str) -> str:
    """One line of text that says what it shows.

    Line breaks become spaces, so that a value cannot add lines to a message. Control characters
    and changes of writing direction go, and what is no character becomes U+FFFD.
    """
    text = _DIRECTION.sub("", _BREAKS.sub(" ", text))
    text = _NO_CHARACTERS.sub("\ufffd", text)
    return "".join(c for c in text if unicodedata.category(c) != "Cc")


def json_string(text: str) -> str:
    """What stands between the quotes of a JSON string."""
    return json.dumps(text)[1:-1]


def mrkdwn(text: str) -> str:
    """Text that Slack shows as it is: it cannot mention, link or name a channel.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
