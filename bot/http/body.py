"""Reads a request's body within limits of size and time."""

import asyncio
from datetime import timedelta

from starlette.requests import Request

from bot.errors import IntakeError

_MAX_LENGTH_DIGITS = 20
"""Longer values are ignored; the body is counted anyway."""

LARGEST_BODY = 256 * 1024
"""In bytes; neither Juicebox nor Slack sends anything near it."""
BODY_TIMEOUT = timedelta(seconds=10)
"""For the whole body, however steadily it comes in."""


async def read_body(
    request: Request, limit: int = LARGEST_BODY, deadline: timedelta = BODY_TIMEOUT
) -> bytes:
    """Return the body, which may have `limit` bytes at most, counted as it arrives.

    Raises:
        IntakeError: as soon as more is announced or received, and the rest is not read; if the client
            disconnects, or `deadline` passes, before the body is complete.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < _MAX_LENGTH_DIGITS and int(announced) > limit:
        raise _too_large(limit)
    seconds = deadline.total_seconds()
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    text = "the connection closed before the body was complete"
                    raise IntakeError(400, "disconnect", text)
                body += message.get("body", b"")
                if len(body) > limit:
                    raise _too_large(limit)
                more = message.get("more_body", False)
    except TimeoutError:
        text = f"the body was not complete after {seconds:g} seconds"
        raise IntakeError(408, "slow", text, {"Connection": "close"}) from None
    return bytes(body)


def _too_large(limit: int) -> IntakeError:
    return IntakeError(413, "size", f"the body is over {limit} bytes")
