"""How a dead letter is named in Redis and in the job that reports it."""

import pytest

from bot.model import DeadLetter, DeadLetterKind


@pytest.mark.parametrize(
    ("text", "kind", "subject_id"),
    [
        ("event:evt_1", DeadLetterKind.EVENT, "evt_1"),
        ("delivery:dlv_1", DeadLetterKind.DELIVERY, "dlv_1"),
        ("event:urn:uuid:1", DeadLetterKind.EVENT, "urn:uuid:1"),
    ],
)
def test_its_text_is_its_kind_and_its_id(text: str, kind: DeadLetterKind, subject_id: str) -> None:
    assert DeadLetter.parse(text) == DeadLetter(kind, subject_id)
    assert str(DeadLetter(kind, subject_id)) == text


@pytest.mark.parametrize("text", ["", "evt_1", "event", "event:", "letter:evt_1"])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        DeadLetter.parse(text)
