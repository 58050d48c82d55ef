"""When a delivery is tried again, and when no more. No I/O, no clock."""

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


def due_again(error: DeliveryError, attempts: int, now: datetime) -> datetime | None:
    """When to try again after this many counted attempts, the failed one among them; None for never."""
    if not error.retry:
        return None
    if not error.counts:
        return now + (error.after or BACKOFF[0])
    if attempts > len(BACKOFF):
        return None
    return now + max(BACKOFF[attempts - 1], error.after or timedelta())
