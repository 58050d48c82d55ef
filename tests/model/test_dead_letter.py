"""How a dead letter is named in Redis."""

import pytest

from bot.model import DeadLetter


@pytest.mark.parametrize(
    ("text", "dead", "kind", "subject_id"),
    [
        ("event:evt_1", DeadLetter("evt_1"), "event", "evt_1"),
        ("delivery:dlv_1:evt_1", DeadLetter("evt_1", "dlv_1"), "delivery", "dlv_1"),
        ("event:urn:uuid:1", DeadLetter("urn:uuid:1"), "event", "urn:uuid:1"),
        ("delivery:dlv_1:urn:1", DeadLetter("urn:1", "dlv_1"), "delivery", "dlv_1"),
    ],
)
def test_its_text_is_its_kind_and_its_ids(
    text: str, dead: DeadLetter, kind: str, subject_id: str
) -> None:
    assert DeadLetter.parse(text) == dead
    assert (str(dead), dead.kind, dead.id) == (text, kind, subject_id)


@pytest.mark.parametrize(
    "text", ["", "evt_1", "event", "event:", "letter:evt_1", "delivery:dlv_1", "delivery::evt_1"]
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a dead letter must be"):
        DeadLetter.parse(text)
