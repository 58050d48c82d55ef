"""When a delivery is retried, and when it is given up. No I/O, no clock."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import DeliveryError

BACKOFF = (
    # Juicebox's guide: three attempts, exponential from one second.
    timedelta(seconds=1),
    timedelta(seconds=2),
    # Longer waits, so that an outage of half a day loses nothing.
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)

RATE_LIMIT_TOLERANCE = sum(BACKOFF, timedelta())
"""A rate limit uses no attempt until a delivery is this old. Then it does, so that retries end."""
_JITTERED_FROM = timedelta(minutes=1)
_JITTER = 0.25


def next_attempt_at(
    error: DeliveryError, attempts: int, now: datetime, jitter: Callable[[], float]
) -> datetime | None:
    """Return when to retry after this many attempts, the failed one included; None for never.

    `jitter` returns random numbers from 0 to 1. Waits of a minute and more are lengthened by up to a
    quarter, so that deliveries that failed together are not retried together.
    """
    if not error.retry:
        return None
    if not error.uses_attempt:
        return now + (error.after or BACKOFF[0])
    if attempts > len(BACKOFF):
        return None
    wait = BACKOFF[attempts - 1]
    if wait >= _JITTERED_FROM:
        wait *= 1 + _JITTER * jitter()
    return now + max(wait, error.after or timedelta())


def expire_rate_limit(error: DeliveryError, age: timedelta) -> DeliveryError:
    """Return the error, which uses an attempt if the delivery is too old for a rate limit."""
    if error.uses_attempt or age <= RATE_LIMIT_TOLERANCE:
        return error
    return DeliveryError(
        error.reason, retry=True, after=error.after, maybe_delivered=error.maybe_delivered
    )
