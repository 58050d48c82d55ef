"""Polls a condition, for changes in Redis and in other processes."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.fakes.arrivals import HANG_TIMEOUT


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = HANG_TIMEOUT) -> None:
    """Return as soon as the condition holds.

    Raises:
        TimeoutError: if it does not hold within `seconds`.
    """
    async with asyncio.timeout(seconds) as limit:
        while not await condition():
            if limit.expired():  # redis-py can swallow the cancellation
                raise TimeoutError
            await asyncio.sleep(0.01)
