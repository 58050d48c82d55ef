"""A pause that can be cut short.

Whatever talks to Redis again and again is ended by an event and never by cancelling it: redis-py can
swallow a cancellation that comes in the middle of a call, and the loop would go on for ever.
"""

import asyncio
from contextlib import suppress


async def pause(seconds: float, ended: asyncio.Event) -> bool:
    """Wait so long, or until `ended` is set; True if it is."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()
    return ended.is_set()
