"""The schedule of attempts, which begins as in Juicebox's guide."""

from datetime import timedelta

import pytest

from bot.delivery.backoff import (
    BACKOFF,
    RATE_LIMIT_TOLERANCE,
    expire_rate_limit,
    next_attempt_at,
)
from bot.errors import DeliveryError
from tests.factories import NOW


def no_jitter() -> float:
    return 0.0


TIMEOUT = DeliveryError.transient("timeout")


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
    assert next_attempt_at(TIMEOUT, attempts, NOW, no_jitter) == NOW + delay


def test_the_ninth_failure_is_the_last() -> None:
    assert next_attempt_at(TIMEOUT, 9, NOW, no_jitter) is None


def test_a_permanent_error_is_never_retried() -> None:
    assert next_attempt_at(DeliveryError.permanent("channel_not_found"), 1, NOW, no_jitter) is None


@pytest.mark.parametrize("attempts", [1, 9, 50])
def test_every_rate_limit_waits_as_long_as_asked(attempts: int) -> None:
    limited = DeliveryError.rate_limited("ratelimited", timedelta(seconds=7))
    assert next_attempt_at(limited, attempts, NOW, no_jitter) == NOW + timedelta(seconds=7)


def test_a_transient_error_waits_at_least_as_long_as_it_asks() -> None:
    error = DeliveryError("busy", retry=True, after=timedelta(seconds=30))
    assert next_attempt_at(error, 1, NOW, no_jitter) == NOW + timedelta(seconds=30)
    assert next_attempt_at(error, 3, NOW, no_jitter) == NOW + timedelta(minutes=1)


def test_a_rate_limit_without_a_time_waits_a_second() -> None:
    error = DeliveryError("busy", retry=True, uses_attempt=False)
    assert next_attempt_at(error, 1, NOW, no_jitter) == NOW + timedelta(seconds=1)


@pytest.mark.parametrize("attempts", range(1, 9))
def test_jitter_lengthens_waits_of_a_minute_and_more_by_up_to_a_quarter(attempts: int) -> None:
    delay = BACKOFF[attempts - 1]
    longest = delay * 1.25 if delay >= timedelta(minutes=1) else delay
    assert next_attempt_at(TIMEOUT, attempts, NOW, lambda: 0.0) == NOW + delay
    assert next_attempt_at(TIMEOUT, attempts, NOW, lambda: 1.0) == NOW + longest


def test_jitter_does_not_lengthen_a_rate_limit() -> None:
    limited = DeliveryError.rate_limited("ratelimited", timedelta(minutes=5))
    assert next_attempt_at(limited, 1, NOW, lambda: 1.0) == NOW + timedelta(minutes=5)


def test_a_rate_limit_that_lasts_longer_than_all_attempts_uses_attempts() -> None:
    limited = DeliveryError.rate_limited("SMTP 421 too busy", timedelta(seconds=30))
    assert expire_rate_limit(limited, RATE_LIMIT_TOLERANCE) is limited
    late = expire_rate_limit(limited, RATE_LIMIT_TOLERANCE + timedelta(seconds=1))
    assert (late.retry, late.uses_attempt, late.reason) == (True, True, "SMTP 421 too busy")
    assert next_attempt_at(late, 1, NOW, no_jitter) == NOW + timedelta(seconds=30)
    assert next_attempt_at(late, 3, NOW, no_jitter) == NOW + timedelta(minutes=1)
    assert next_attempt_at(late, 9, NOW, no_jitter) is None


def test_an_error_that_uses_an_attempt_does_so_at_every_age() -> None:
    assert expire_rate_limit(TIMEOUT, timedelta(days=30)) is TIMEOUT
