"""An append-only list whose additions can be awaited."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

HANG_TIMEOUT = 120
"""When a test stops waiting, in seconds: far longer than a busy machine needs.

It only ends tests that hang, and must not decide anything else.
"""


class Arrivals(Generic[T]):
    """What has arrived, in order. Belongs to one event loop."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._items: list[T] = []
        self._added = asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def add(self, item: T) -> None:
        self._items.append(item)
        self._added.set()
        self._added = asyncio.Event()

    async def wait_for(self, count: int, timeout: float = HANG_TIMEOUT) -> list[T]:  # noqa: ASYNC109 - a test reads better with it
        """Return all items as soon as there are at least `count`; `timeout` is in seconds.

        Raises:
            TimeoutError: with the number of items that did arrive.
        """
        try:
            async with asyncio.timeout(timeout):
                while len(self) < count:
                    await self._added.wait()
        except TimeoutError:
            arrived = f"{len(self)} of {count} {self._noun} arrived within {timeout} s"
            raise TimeoutError(arrived) from None
        return list(self)

    async def follow(self) -> AsyncIterator[T]:
        """Yield each item from the first on, and then each new one; never end."""
        position = 0
        while True:
            while position < len(self):
                yield self._items[position]
                position += 1
            await self._added.wait()
