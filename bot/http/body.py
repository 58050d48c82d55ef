"""Reads a request's body within limits of size and time."""

import asyncio
from datetime import timedelta

from starlette.requests import ClientDisconnect, Request

from bot.errors import BodyCutOff, BodyTooLarge, BodyTooSlow

_MAX_LENGTH_DIGITS = 20
"""A longer Content-Length is invalid and not worth converting: the bytes are counted anyway."""

LARGEST_BODY = 256 * 1024
"""In bytes; neither Juicebox nor Slack sends anything near it."""
BODY_TIMEOUT = timedelta(seconds=10)
"""For the whole body, however steadily it comes in."""


async def read_body(
    request: Request, limit: int = LARGEST_BODY, deadline: timedelta = BODY_TIMEOUT
) -> bytes:
    """The body of at most `limit` bytes, counted as it arrives, so that a chunked one is limited too.

    Raises:
        BodyTooLarge: as soon as more is announced or received; the rest is not read.
        BodyCutOff: if the client disconnects before the body is complete.
        BodyTooSlow: if the body is not complete within `deadline`.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < _MAX_LENGTH_DIGITS and int(announced) > limit:
        raise BodyTooLarge(f"the body is over {limit} bytes")
    seconds = deadline.total_seconds()
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise BodyTooLarge(f"the body is over {limit} bytes")
    except TimeoutError:
        raise BodyTooSlow(f"the body was not complete after {seconds:g} seconds") from None
    except ClientDisconnect:
        raise BodyCutOff("the connection closed before the body was complete") from None
    return bytes(body)
