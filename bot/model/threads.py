"""Threads: the search, export or profile that notifications are about, and that people can follow."""

import re

_FOLLOWED = ("search", "export", "profile")
LONGEST_THREAD = 2_000
"""What the value of a button can hold:
https://docs.slack.dev/reference/block-kit/block-elements/button-element."""

_SURROGATES = re.compile("[\ud800-\udfff]")
"""They cannot be encoded."""


def can_be_followed(thread: str) -> bool:
    """Return whether this is `search:<id>`, `export:<id>` or `profile:<id>`, with an id that is whole."""
    kind, _, name = thread.partition(":")
    is_whole = bool(name.strip()) and len(thread) <= LONGEST_THREAD
    return kind in _FOLLOWED and is_whole and not _SURROGATES.search(name)


def kind_of(thread: str) -> str:
    """Return `search`, `export` or `profile`."""
    return thread.partition(":")[0]
