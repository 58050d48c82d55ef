"""What should become of the samples is known before they are sent, and held against what arrives."""

import pytest

from bot.playground.samples import ExpectedEvent, Tally, samples_of
from bot.playground.stage import AUDIENCES
from bot.registry import load_registry
from tests.factories import NOW


@pytest.fixture
def samples() -> list[ExpectedEvent]:
    return samples_of(load_registry(), AUDIENCES, NOW)


@pytest.fixture
def ids(samples: list[ExpectedEvent]) -> list[str]:
    return [delivery.id for sample in samples for delivery in sample.deliveries]


def test_every_type_of_event_has_a_sample(samples: list[ExpectedEvent]) -> None:
    told = {s.event.type: [str(d.destination) for d in s.deliveries] for s in samples}
    recruiters = ["slack:C0RECRUIT", "email:recruiter@example.com"]
    operators = ["slack:C0ALERTS", "email:operator@example.com"]
    assert told == {
        "export.ready": recruiters,
        "key.rotated": operators,
        "profile.enriched": [],
        "quota.warning": operators,
        "search.completed": recruiters,
    }
    kept = {s.event.type: [r.kind for r in s.records] for s in samples}
    assert kept["profile.enriched"] == ["profile"]


def test_the_tally_is_complete_when_all_is_there(
    samples: list[ExpectedEvent], ids: list[str]
) -> None:
    tally = Tally(samples)
    tally.arrived("dlv_of_another")
    for delivery_id in ids[:-1]:
        tally.arrived(delivery_id)
    assert not tally.completed.is_set()
    tally.arrived(ids[-1])
    assert tally.completed.is_set()
    assert list(tally.block_errors(ids)) == []


def test_what_is_missing_doubled_or_strange_is_told(
    samples: list[ExpectedEvent], ids: list[str]
) -> None:
    assert list(Tally(samples).block_errors([*ids[1:], ids[1], "dlv_other", ""])) == [
        "export.ready to slack:C0RECRUIT did not arrive",
        "export.ready to email:recruiter@example.com arrived 2 times",
        "something arrived that nobody sent: dlv_other",
        "something arrived that nobody sent: it has no id",
    ]
