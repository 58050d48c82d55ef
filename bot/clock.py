"""The current time, an interruptible sleep, and work in the background."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any


def utc_now() -> datetime:
    return datetime.now(UTC)


async def pause(seconds: float, ended: asyncio.Event) -> bool:
    """Sleep until the time is over or `ended` is set; True if it is set.

    Stop loops that call Redis with an event, and never by cancelling them: redis-py can swallow a
    cancellation during a call, and the loop would run forever.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()
    return ended.is_set()


@asynccontextmanager
async def in_background(
    work: Callable[[asyncio.Event], Coroutine[Any, Any, None]],
) -> AsyncIterator[None]:
    """Run `work` alongside the block; at its end, set the event that `work` got, and wait for it."""
    ended = asyncio.Event()
    task = asyncio.create_task(work(ended))
    try:
        yield
    finally:
        ended.set()
        await task
