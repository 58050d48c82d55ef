"""Repeats a write until Redis is available again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from redis.exceptions import RedisError

RETRY_INTERVAL = timedelta(milliseconds=250)


async def retry_while_unavailable(
    step: Callable[[], Awaitable[bool]],
    check_lease: Callable[[], None],
    interval: timedelta = RETRY_INTERVAL,
) -> bool:
    """Run an idempotent step, and repeat it for as long as Redis is unavailable.

    Raises:
        LeaseLost: raised by `check_lease`, which is called before each repetition.
    """
    while True:
        try:
            return await step()
        except (RedisError, OSError):
            check_lease()
            await asyncio.sleep(interval.total_seconds())
