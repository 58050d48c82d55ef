"""When a delivery is tried again, and when no more. No I/O, no clock."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import DeliveryError

BACKOFF = (
    # Juicebox's own guide: three attempts, exponential from one second.
    timedelta(seconds=1),
    timedelta(seconds=2),
    # Then patience: an outage of half a day loses nothing.
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)


RATE_LIMITED_FOR = sum(BACKOFF, timedelta())
"""How long a delivery's rate limits use no attempt. One that lasts longer is a fault like any other, so
that each delivery comes to an end."""
_JITTERED_FROM = timedelta(minutes=1)
_JITTER = 0.25


def due_again(
    error: DeliveryError, attempts: int, now: datetime, uniform: Callable[[], float]
) -> datetime | None:
    """When to try again after this many counted attempts, the failed one among them; None for never.

    `uniform` returns random numbers from 0 to 1. From the wait of a minute on, up to a quarter is added,
    so that what has failed together does not come back together.
    """
    if not error.retry:
        return None
    if not error.counts:
        return now + (error.after or BACKOFF[0])
    if attempts > len(BACKOFF):
        return None
    wait = BACKOFF[attempts - 1]
    if wait >= _JITTERED_FROM:
        wait *= 1 + _JITTER * uniform()
    return now + max(wait, error.after or timedelta())


def counted_if_too_long(error: DeliveryError, age: timedelta) -> DeliveryError:
    """The error of a delivery of that age; a rate limit counts once it has lasted for too long."""
    if error.counts or age <= RATE_LIMITED_FOR:
        return error
    return DeliveryError(
        error.reason, retry=True, after=error.after, maybe_delivered=error.maybe_delivered
    )
