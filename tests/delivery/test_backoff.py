"""The schedule of attempts, as Juicebox's guide begins it and patience continues it."""

from datetime import timedelta

import pytest

from bot.delivery.backoff import (
    BACKOFF,
    RATE_LIMITED_FOR,
    counted_if_too_long,
    due_again,
)
from bot.errors import DeliveryError
from tests.factories import NOW


def NO_JITTER() -> float:  # noqa: N802  # as constant as the others
    return 0.0


PASSING = DeliveryError.transient("timeout")


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
    assert due_again(PASSING, attempts, NOW, NO_JITTER) == NOW + delay


def test_the_ninth_failure_is_the_last() -> None:
    assert due_again(PASSING, 9, NOW, NO_JITTER) is None


def test_what_cannot_pass_is_never_tried_again() -> None:
    assert due_again(DeliveryError.permanent("channel_not_found"), 1, NOW, NO_JITTER) is None


@pytest.mark.parametrize("attempts", [1, 9, 50])
def test_a_rate_limit_waits_as_long_as_asked_however_often(attempts: int) -> None:
    limited = DeliveryError.rate_limited("ratelimited", timedelta(seconds=7))
    assert due_again(limited, attempts, NOW, NO_JITTER) == NOW + timedelta(seconds=7)


def test_a_passing_fault_that_names_a_time_is_given_it() -> None:
    error = DeliveryError("busy", retry=True, after=timedelta(seconds=30))
    assert due_again(error, 1, NOW, NO_JITTER) == NOW + timedelta(seconds=30)
    assert due_again(error, 3, NOW, NO_JITTER) == NOW + timedelta(minutes=1)


def test_patience_without_a_time_is_a_second() -> None:
    error = DeliveryError("busy", retry=True, counts=False)
    assert due_again(error, 1, NOW, NO_JITTER) == NOW + timedelta(seconds=1)


@pytest.mark.parametrize("attempts", range(1, 9))
def test_jitter_lengthens_the_wait_from_a_minute_on_and_by_a_quarter_at_most(attempts: int) -> None:
    delay = BACKOFF[attempts - 1]
    longest = delay * 1.25 if delay >= timedelta(minutes=1) else delay
    assert due_again(PASSING, attempts, NOW, lambda: 0.0) == NOW + delay
    assert due_again(PASSING, attempts, NOW, lambda: 1.0) == NOW + longest


def test_a_rate_limit_is_as_long_as_asked_for_whatever_the_jitter() -> None:
    limited = DeliveryError.rate_limited("ratelimited", timedelta(minutes=5))
    assert due_again(limited, 1, NOW, lambda: 1.0) == NOW + timedelta(minutes=5)


def test_a_rate_limit_that_lasts_for_longer_than_all_attempts_uses_attempts() -> None:
    limited = DeliveryError.rate_limited("SMTP 421 too busy", timedelta(seconds=30))
    assert counted_if_too_long(limited, RATE_LIMITED_FOR) is limited
    late = counted_if_too_long(limited, RATE_LIMITED_FOR + timedelta(seconds=1))
    assert (late.retry, late.counts, late.reason) == (True, True, "SMTP 421 too busy")
    assert due_again(late, 1, NOW, NO_JITTER) == NOW + timedelta(seconds=30)
    assert due_again(late, 3, NOW, NO_JITTER) == NOW + timedelta(minutes=1)
    assert due_again(late, 9, NOW, NO_JITTER) is None


def test_an_error_that_uses_an_attempt_is_the_same_at_every_age() -> None:
    assert counted_if_too_long(PASSING, timedelta(days=30)) is PASSING
