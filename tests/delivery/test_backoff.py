"""The schedule of attempts, as Juicebox's guide begins it and patience continues it."""

from datetime import timedelta

import pytest

from bot.delivery.backoff import due_again
from bot.errors import DeliveryError
from tests.making import NOW

PASSING = DeliveryError.passing("timeout")


@pytest.mark.parametrize(
    ("attempts", "delay"),
    [
        (1, timedelta(seconds=1)),
        (2, timedelta(seconds=2)),
        (3, timedelta(minutes=1)),
        (4, timedelta(minutes=5)),
        (5, timedelta(minutes=15)),
        (6, timedelta(hours=1)),
        (7, timedelta(hours=4)),
        (8, timedelta(hours=12)),
    ],
)
def test_each_failure_waits_longer(attempts: int, delay: timedelta) -> None:
    assert due_again(PASSING, attempts, NOW) == NOW + delay


def test_the_ninth_failure_is_the_last() -> None:
    assert due_again(PASSING, 9, NOW) is None


def test_what_cannot_pass_is_never_tried_again() -> None:
    assert due_again(DeliveryError.final("channel_not_found"), 1, NOW) is None


@pytest.mark.parametrize("attempts", [1, 9, 50])
def test_a_rate_limit_waits_as_long_as_asked_however_often(attempts: int) -> None:
    limited = DeliveryError.paced("ratelimited", timedelta(seconds=7))
    assert due_again(limited, attempts, NOW) == NOW + timedelta(seconds=7)


def test_a_passing_fault_that_names_a_time_is_given_it() -> None:
    error = DeliveryError("busy", retry=True, after=timedelta(seconds=30))
    assert due_again(error, 1, NOW) == NOW + timedelta(seconds=30)
    assert due_again(error, 3, NOW) == NOW + timedelta(minutes=1)


def test_patience_without_a_time_is_a_second() -> None:
    error = DeliveryError("busy", retry=True, counts=False)
    assert due_again(error, 1, NOW) == NOW + timedelta(seconds=1)
