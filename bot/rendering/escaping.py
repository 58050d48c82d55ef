"""Cleaning and escaping of untrusted text."""

import json
import re
import unicodedata

_LINE_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_INVALID = re.compile(r"[\ud800-\udfff\ufffe\uffff]")
"""Surrogates, which cannot be encoded, and characters that XML, and so mrml, rejects."""
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Controls of the writing direction, which can make `fdp.exe` look like `exe.pdf`."""


def clean(text: str) -> str:
    """Return the text as one line without control characters and changes of writing direction.

    Line breaks become spaces, so that a value cannot add lines to a message; invalid code points
    become U+FFFD.
    """
    if text.isprintable():  # true for almost every text, and false for all that is replaced here
        return text
    text = _DIRECTION.sub("", _LINE_BREAKS.sub(" ", text))
    text = _INVALID.sub("\ufffd", text)
    return "".join(c for c in text if unicodedata.category(c) != "Cc")


def json_string(text: str) -> str:
    """Escape the text for use between the quotes of a JSON string."""
    return json.dumps(text)[1:-1]
