"""The current time, and an interruptible sleep."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime


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
