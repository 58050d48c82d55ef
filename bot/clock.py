"""The current moment, and a wait that an event ends."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


async def pause(seconds: float, ended: asyncio.Event) -> bool:
    """Wait for that long, or until `ended` is set; True if it is.

    Loops that call Redis are ended by an event and never by cancelling them: redis-py can swallow a
    cancellation in the middle of a call, and the loop would go on for ever.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()
    return ended.is_set()
