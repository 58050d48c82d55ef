"""Names from JSON as words."""

import pytest

from bot.model import in_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("candidate.replied", "Candidate replied"),
        ("candidateId", "Candidate id"),
        ("candidate_id", "Candidate id"),
        ("a.very-long Name", "A very long name"),
        ("newAPIKey", "New APIKey"),
        ("URL", "URL"),
        ("field2Name", "Field2 name"),
        ("._- ", ""),
        ("", ""),
    ],
)
def test_a_name_becomes_words(name: str, words: str) -> None:
    assert in_words(name) == words
