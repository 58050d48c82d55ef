"""Names from JSON as words for people."""

import re

_SEPARATOR = re.compile(r"[._\s-]+|(?<=[a-z0-9])(?=[A-Z])")


def in_words(name: str) -> str:
    """Return `profile.enriched` as `Profile enriched` and `candidateId` as `Candidate id`.

    The result is empty if the name has nothing but separators.
    """
    parts = [part for part in _SEPARATOR.split(name) if part]
    words = [part.lower() if part.istitle() else part for part in parts[1:]]
    return " ".join([part[:1].upper() + part[1:] for part in parts[:1]] + words)
