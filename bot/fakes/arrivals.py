"""A list that says when it grows, so that nobody has to poll it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

HANG_TIMEOUT = 120
"""When a test gives up on what never happens. It only ends tests that hang, and decides nothing else:
far longer than a busy machine needs."""


class Arrivals(Generic[T]):
    """What has arrived, in order. Belongs to one event loop."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._items: list[T] = []
        self._grown = asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def add(self, item: T) -> None:
        self._items.append(item)
        self._grown.set()
        self._grown = asyncio.Event()

    async def wait_for(self, count: int, timeout: float = HANG_TIMEOUT) -> list[T]:  # noqa: ASYNC109 - a test reads better with it
        """What has arrived, as soon as that is at least `count`; `timeout` is in seconds.

        Raises:
            TimeoutError: which says how many did arrive.
        """
        try:
            async with asyncio.timeout(timeout):
                while len(self) < count:
                    await self._grown.wait()
        except TimeoutError:
            arrived = f"{len(self)} of {count} {self._noun} arrived within {timeout} s"
            raise TimeoutError(arrived) from None
        return list(self)

    async def follow(self) -> AsyncIterator[T]:
        """Each item from the first on, and then each one as it arrives; it never ends."""
        seen = 0
        while True:
            while seen < len(self):
                yield self._items[seen]
                seen += 1
            await self._grown.wait()
