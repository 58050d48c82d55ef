"""The intents of `quota.warning`."""

import pytest

from bot.model import Audience, Event, InvalidData, Notify, Policy, Record, canonical_event
from tests.event_fixtures import captured, intents_of, sent
from tests.factories import NOW


def told(usage: float, limit: float, percent: float = 80) -> bool:
    intents = intents_of(
        sent("quota.warning", {"usage": usage, "limit": limit}), Policy(quota_alert_percent=percent)
    )
    return any(isinstance(intent, Notify) for intent in intents)


def test_operators_are_told_above_80_percent_and_the_quota_is_recorded() -> None:
    quota = {"usage": 8400, "limit": 10000, "resetDate": None}
    assert intents_of(captured("quota.warning")) == [
        Record("quota", "latest", quota),
        Notify(
            Audience.OPERATORS, "quota.warning", {**quota, "severity": 80}, thread="quota:2026-01"
        ),
    ]


def test_alerts_of_one_period_are_one_thread() -> None:
    _, alert = intents_of(captured("quota.warning.full"))
    assert isinstance(alert, Notify)
    assert alert.thread == "quota:2026-02-01"
    assert alert.context["resetDate"] == 1769904000


def test_at_exactly_80_percent_the_quota_is_recorded_and_nobody_is_told() -> None:
    assert intents_of(sent("quota.warning", {"usage": 8000, "limit": 10000})) == [
        Record("quota", "latest", {"usage": 8000, "limit": 10000, "resetDate": None})
    ]


@pytest.mark.parametrize(
    ("usage", "limit", "percent", "alert"),
    [
        (0, 1, 80, False),
        (7999, 10000, 80, False),
        (8001, 10000, 80, True),
        (800_000_000_000_000, 1_000_000_000_000_000, 80, False),
        (800_000_000_000_001, 1_000_000_000_000_000, 80, True),
        # As binary fractions, these three would be above, above and below the threshold.
        (0.56, 0.8, 70, False),
        (0.07, 0.1, 70, False),
        (0.29, 1, 28.999999999999996, True),
        (1, 3, 33.333333333333336, False),
        (1, 3, 33.33333333333333, True),
        (120, 100, 100, True),
        (100, 100, 100, False),
        (0, 100, 0, False),
        (0.5, 100, 0, True),
    ],
)
def test_alerts_begin_strictly_above_the_threshold(
    usage: float, limit: float, percent: float, *, alert: bool
) -> None:
    assert told(usage, limit, percent) is alert


PERCENTAGE = {"usagePercent": 84.2, "resetDate": None}


@pytest.mark.parametrize(
    "data",
    [
        {"usagePercent": 84.2},
        {"usage_percent": "84.2"},
        {"usagePercent": 84.2, "usage": None, "limit": None},
        {"usagePercent": 84.2, "limit": 500},
        {"usagePercent": 84.2, "usage": 421},
    ],
)
def test_a_percentage_is_recorded_and_shown_without_amounts(data: dict[str, object]) -> None:
    assert intents_of(event_of(**data)) == [
        Record("quota", "latest", PERCENTAGE),
        Notify(
            *(Audience.OPERATORS, "quota.warning", {**PERCENTAGE, "severity": 80}),
            thread="quota:2026-01",
        ),
    ]


@pytest.mark.parametrize(
    ("percent", "alert"), [(80, False), (80.0, False), ("80.1", True), (79.99, False), (120, True)]
)
def test_alerts_of_a_percentage_begin_strictly_above_the_threshold(
    percent: object, *, alert: bool
) -> None:
    assert len(intents_of(event_of(usagePercent=percent))) == 1 + alert


@pytest.mark.parametrize("percent", [12, "much"])
def test_amounts_are_preferred_to_a_percentage(percent: object) -> None:
    record, _ = intents_of(event_of(usage=9, limit=10, usagePercent=percent))
    assert record == Record("quota", "latest", {"usage": 9, "limit": 10, "resetDate": None})


def test_a_plan_is_recorded_and_shown() -> None:
    for plan, shown in {"Pro": "Pro", " Pro ": "Pro", "Unlimited": "Unlimited"}.items():
        record, told = intents_of(event_of(usage=9, limit=10, plan_tier=plan))
        assert isinstance(record, Record)
        assert isinstance(told, Notify)
        assert record.fields["planTier"] == told.context["planTier"] == shown
    for plan in ("", " ", 7, None):
        [record, _] = intents_of(event_of(usage=9, limit=10, plan_tier=plan))
        assert isinstance(record, Record)
        assert "planTier" not in record.fields


@pytest.mark.parametrize(
    ("data", "usage", "limit"),
    [
        ({"usage": 9000, "limit": None}, 9000, None),
        ({"usage": 9000, "limit": -1}, 9000, None),
        ({"usage": 9000, "limit": "-1"}, 9000, None),
        ({"usage": 9000, "limit": -1.0, "usagePercent": 99}, 9000, None),
        ({"usage": 9000, "limit": " Unlimited "}, 9000, None),
        ({"usage": 9000, "planTier": "unlimited"}, 9000, None),
        ({"planTier": "UNLIMITED"}, None, None),
        ({"usage": 9000, "limit": 0}, 9000, 0),
        ({"usage": "9000", "limit": "0"}, 9000, 0),
    ],
)
def test_an_unlimited_quota_is_recorded_and_nobody_is_told(
    data: dict[str, object], usage: object, limit: object
) -> None:
    [record] = intents_of(event_of(**data), Policy(quota_alert_percent=0))
    assert isinstance(record, Record)
    assert (record.fields["usage"], record.fields["limit"]) == (usage, limit)


def test_a_percentage_of_an_unlimited_plan_is_recorded_and_nobody_is_told() -> None:
    [record] = intents_of(event_of(usagePercent=99, planTier="unlimited"))
    assert isinstance(record, Record)
    assert record.fields == {"usagePercent": 99, "resetDate": None, "planTier": "unlimited"}


def test_a_percentage_of_a_limit_of_0_is_recorded_and_nobody_is_told() -> None:
    assert len(intents_of(event_of(usagePercent=99, limit=0))) == 1


def event_of(**data: object) -> Event:
    """Return the event as Juicebox sends it, in any dialect."""
    return canonical_event("evt_1", "quota.warning", NOW, data)


@pytest.mark.parametrize(
    ("usage", "limit", "severity"),
    [
        *((50, 100, 0), (79.99, 100, 0), (80, 100, 80), (89.99, 100, 80), (90, 100, 90)),
        *((94.9, 100, 90), (95, 100, 95), (99.99, 100, 95), (100, 100, 100), (1_045, 1_000, 100)),
        # As binary fractions, the first would be below 90 and the second above 95.
        *((0.81, 0.9, 90), (0.2849, 0.3, 90)),
    ],
)
def test_the_severity_is_the_highest_threshold_that_is_reached(
    usage: float, limit: float, severity: int
) -> None:
    event = event_of(usage=usage, limit=limit)
    _, told = intents_of(event, Policy(quota_alert_percent=10))
    assert isinstance(told, Notify)
    assert told.context["severity"] == severity


def test_a_percentage_has_a_severity_too() -> None:
    _, told = intents_of(event_of(usagePercent=95.5))
    assert isinstance(told, Notify)
    assert told.context["severity"] == 95


def test_decimals_are_recorded_unchanged() -> None:
    [record] = intents_of(sent("quota.warning", {"usage": 0.5, "limit": 2.0}))
    assert record == Record("quota", "latest", {"usage": 0.5, "limit": 2, "resetDate": None})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"usage": 1, "limit": 1e-320}, "data.limit must be 0 or at least 0.001"),
        ({"usage": 1, "limit": "0.0009"}, "data.limit must be 0 or at least 0.001"),
        ({"usage": 1, "limit": -2}, "data.limit must be greater than or equal to 0"),
        ({"usage": 1, "limit": "infinite"}, "data.limit must be a valid number"),
        ({"usage": 1, "limit": float("inf")}, "data.limit must be a finite number"),
        ({"usage": -1, "limit": 9}, "data.usage must be greater than or equal to 0"),
        ({"usage": "some", "limit": 9}, "data.usage must be a valid number"),
        ({"usage": None, "limit": 9}, "data.usage is missing"),
        ({"usage": None, "limit": None}, "data.usage is missing"),
        ({"usagePercent": "most"}, "data.usagePercent must be a valid number"),
        ({"usagePercent": -1}, "data.usagePercent must be greater than or equal to 0"),
        ({"usagePercent": None}, "data.usage is missing; data.limit is missing"),
        ({"planTier": "pro"}, "data.usage is missing; data.limit is missing"),
        ({"usage": 1}, "data.limit is missing"),
    ],
)
def test_an_invalid_quota_is_refused(data: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidData) as refused:
        intents_of(sent("quota.warning", data))
    assert str(refused.value) == reason
