"""Waits for what nothing announces: Redis tells nobody what changes in it."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.fakes.arrivals import HANG_TIMEOUT


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = HANG_TIMEOUT) -> None:
    """Return as soon as the condition holds; TimeoutError if it never does."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  # see the first line
            await asyncio.sleep(0.01)
