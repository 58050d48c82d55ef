"""The expected deliveries of the samples are known in advance and compared with those that arrive."""

import pytest

from bot.playground.deployment import AUDIENCES
from bot.playground.samples import ArrivalCheck, ExpectedEvent, samples_of
from bot.registry import load_registry
from tests.factories import NOW


@pytest.fixture
def samples() -> list[ExpectedEvent]:
    return samples_of(load_registry(), AUDIENCES, NOW)


@pytest.fixture
def ids(samples: list[ExpectedEvent]) -> list[str]:
    return [delivery.id for sample in samples for delivery in sample.deliveries]


def test_every_type_of_event_has_a_sample(samples: list[ExpectedEvent]) -> None:
    deliveries = {s.event.type: [str(d.destination) for d in s.deliveries] for s in samples}
    recruiters = ["slack:C0RECRUIT", "email:recruiter@example.com"]
    operators = ["slack:C0ALERTS", "email:operator@example.com"]
    assert deliveries == {
        "export.ready": recruiters,
        "key.rotated": operators,
        "profile.enriched": [],
        "quota.warning": operators,
        "search.completed": recruiters,
    }
    records = {s.event.type: [r.kind for r in s.records] for s in samples}
    assert records["profile.enriched"] == ["profile"]


def test_the_check_is_complete_when_everything_arrived(
    samples: list[ExpectedEvent], ids: list[str]
) -> None:
    check = ArrivalCheck(samples)
    check.arrived("dlv_of_another")
    for delivery_id in ids[:-1]:
        check.arrived(delivery_id)
    assert not check.completed.is_set()
    check.arrived(ids[-1])
    assert check.completed.is_set()
    assert list(check.problems(ids)) == []


def test_missing_repeated_and_unexpected_deliveries_are_reported(
    samples: list[ExpectedEvent], ids: list[str]
) -> None:
    assert list(ArrivalCheck(samples).problems([*ids[1:], ids[1], "dlv_other", ""])) == [
        "export.ready to slack:C0RECRUIT did not arrive",
        "export.ready to email:recruiter@example.com arrived 2 times",
        "unexpected arrival: dlv_other",
        "unexpected arrival: a message without a delivery id",
    ]
