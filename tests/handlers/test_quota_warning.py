"""When the quota is worth an alert."""

import pytest

from bot.errors import InvalidData
from bot.model import Audience, Notify, Policy, Record
from tests.captured import captured, intents_of, sent


def told(usage: float, limit: float, percent: float = 80) -> bool:
    intents = intents_of(
        sent("quota.warning", {"usage": usage, "limit": limit}), Policy(quota_alert_percent=percent)
    )
    return any(isinstance(intent, Notify) for intent in intents)


def test_operators_are_told_above_80_percent_and_the_quota_is_kept() -> None:
    quota = {"usage": 8400, "limit": 10000, "resetDate": None}
    assert intents_of(captured("quota.warning")) == [
        Record("quota", "latest", quota),
        Notify(Audience.OPERATORS, "quota.warning", quota, thread="quota:2026-01"),
    ]


def test_alerts_of_one_period_are_one_thread() -> None:
    _, alert = intents_of(captured("quota.warning.full"))
    assert isinstance(alert, Notify)
    assert alert.thread == "quota:2026-02-01"
    assert alert.context["resetDate"] == 1769904000


def test_at_exactly_80_percent_the_quota_is_kept_and_nobody_is_told() -> None:
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
        # As binary fractions these three come out above, above and below their limit.
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
def test_alerts_begin_strictly_above_the_percentage(
    usage: float, limit: float, percent: float, *, alert: bool
) -> None:
    assert told(usage, limit, percent) is alert


def test_decimals_are_kept_as_they_are() -> None:
    [kept] = intents_of(sent("quota.warning", {"usage": 0.5, "limit": 2.0}))
    assert kept == Record("quota", "latest", {"usage": 0.5, "limit": 2, "resetDate": None})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"usage": 1, "limit": 0}, "data.limit must be greater than 0"),
        ({"usage": -1, "limit": 9}, "data.usage must be greater than or equal to 0"),
        ({"usage": "1", "limit": 9}, "data.usage must be a valid number"),
        ({"usage": True, "limit": 9}, "data.usage must be a valid number"),
        ({"usage": float("inf"), "limit": 9}, "data.usage must be a finite number"),
        ({"usage": 1}, "data.limit is missing"),
    ],
)
def test_a_quota_without_a_limit_is_refused(data: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidData) as refused:
        intents_of(sent("quota.warning", data))
    assert str(refused.value) == reason
