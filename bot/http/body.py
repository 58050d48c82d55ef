"""A request's body, read without trusting how long it says it is."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from bot.errors import BodyCutOff, BodyTooLarge, BodyTooSlow

_DIGITS = 20
"""A longer announcement is nonsense and not worth converting: the count decides."""

LARGEST_BODY = 256 * 1024
"""In bytes; neither Juicebox nor Slack sends anything near it."""
BODY_SECONDS = 10.0
"""For all of it: a sender that drips holds a connection no longer than that."""


async def read_body(request: Request, limit: int = LARGEST_BODY) -> bytes:
    """The body of at most `limit` bytes, counted as it arrives, so that a chunked one is limited too.

    Raises:
        BodyTooLarge: as soon as more is announced or has come; the rest is not read.
        BodyCutOff: if the other side hung up in the middle of it.
        BodyTooSlow: if it is not complete after `BODY_SECONDS`.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < _DIGITS and int(announced) > limit:
        raise BodyTooLarge(f"the body is over {limit} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise BodyTooLarge(f"the body is over {limit} bytes")
    except TimeoutError:
        raise BodyTooSlow(f"the body was not complete after {BODY_SECONDS:g} seconds") from None
    except ClientDisconnect:
        raise BodyCutOff("the connection closed before the body was complete") from None
    return bytes(body)
