"""A body is counted and timed as it arrives."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request

from bot.errors import IntakeError
from bot.http.body import read_body


class Sending:
    """A request that sends its messages one by one; `taken` counts those that were received."""

    def __init__(self, *messages: dict[str, Any], length: str | None = None) -> None:
        self.taken = 0
        self._messages = self._each(messages)
        headers = [] if length is None else [(b"content-length", length.encode("latin-1"))]
        scope = {"type": "http", "method": "POST", "headers": headers}
        self.request = Request(scope, self._receive)

    async def _each(self, messages: tuple[dict[str, Any], ...]) -> AsyncIterator[dict[str, Any]]:
        for message in messages:
            yield message

    async def _receive(self) -> dict[str, Any]:
        self.taken += 1
        return await anext(self._messages)


def chunk(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_of_exactly_the_limit_is_read_whole() -> None:
    sending = Sending(chunk(b"ab"), chunk(b"cd", more=False), length="4")
    assert await read_body(sending.request, 4) == b"abcd"


async def test_a_chunked_body_is_refused_at_the_first_byte_too_many() -> None:
    sending = Sending(chunk(b"ab"), chunk(b"cde"), chunk(b"f"))
    with pytest.raises(IntakeError) as refused:
        await read_body(sending.request, 4)
    assert refused.value.reason == "size"
    assert sending.taken == 2


async def test_an_announced_length_over_the_limit_is_refused_unread() -> None:
    sending = Sending(chunk(b"abcde", more=False), length="5")
    with pytest.raises(IntakeError) as refused:
        await read_body(sending.request, 4)
    assert refused.value.reason == "size"
    assert sending.taken == 0


@pytest.mark.parametrize("length", ["-1", "x", "²", "9" * 5000, "0"])
async def test_an_invalid_content_length_is_ignored(length: str) -> None:
    assert await read_body(Sending(chunk(b"abcd", more=False), length=length).request, 4) == b"abcd"


async def test_a_disconnect_is_an_error_of_its_own() -> None:
    sending = Sending(chunk(b"ab"), {"type": "http.disconnect"})
    with pytest.raises(IntakeError) as refused:
        await read_body(sending.request, 4)
    assert refused.value.reason == "disconnect"


async def test_a_slow_body_is_refused() -> None:
    drops = iter(range(100))

    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return chunk(b"a", more=next(drops) < 99)

    request = Request({"type": "http", "method": "POST", "headers": []}, drip)
    with pytest.raises(IntakeError, match=r"^the body was not complete after 0\.05 seconds$"):
        await read_body(request, deadline=timedelta(milliseconds=50))
