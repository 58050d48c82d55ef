"""A request's body, read without trusting how long it says it is."""

from starlette.requests import ClientDisconnect, Request

from bot.errors import BodyCutOff, BodyTooLarge

_DIGITS = 20
"""A longer announcement is nonsense and not worth converting: the count decides."""


LARGEST_BODY = 256 * 1024
"""In bytes; neither Juicebox nor Slack sends anything near it."""


async def read_body(request: Request, limit: int = LARGEST_BODY) -> bytes:
    """The body of at most `limit` bytes, counted as it arrives, so that a chunked one is limited too.

    Raises:
        BodyTooLarge: as soon as more is announced or has come; the rest is not read.
        BodyCutOff: if the other side hung up in the middle of it.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and len(announced) < _DIGITS and int(announced) > limit:
        raise BodyTooLarge(f"the body is over {limit} bytes")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise BodyTooLarge(f"the body is over {limit} bytes")
    except ClientDisconnect:
        raise BodyCutOff("the connection closed before the body was complete") from None
    return bytes(body)
