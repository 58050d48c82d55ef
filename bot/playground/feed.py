"""What the page is told: records that are replaced by newer ones, in the order they first came."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

FeedItem = Mapping[str, Any]
"""JSON with a `kind`."""

MOST_OF_A_KIND = 400
"""More than anybody reads, and little enough for a page to draw."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is new; `position` is where to go on from."""

    position: int
    records: tuple[FeedItem, ...]


class Feed:
    """The newest record under each name; of each kind the latest few hundred. For one event loop."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[int, FeedItem]] = {}
        self._position = 0
        self._grown = asyncio.Event()
        self._ended = False

    def tell(self, kind: str, name: str, /, **fields: Any) -> None:
        """Add a record, or put it in the place of the one that has this kind and name."""
        record = {"kind": kind, **fields}
        known = self._kept.get((kind, name))
        if known is not None and known[1] == record:
            return
        self._position += 1
        self._kept[kind, name] = (self._position, record)
        if known is None:
            self._forget_the_oldest(kind)
        self._wake()

    def end(self) -> None:
        """Whoever follows gets what is left, and then no more."""
        self._ended = True
        self._wake()

    async def follow(self, position: int = 0) -> AsyncIterator[Batch]:
        """What is newer than `position`, at once, and then what comes until `end`."""
        while True:
            news = tuple(record for seq, record in self._kept.values() if seq > position)
            if news:
                position = self._position
                yield Batch(position, news)
            elif self._ended:
                return
            else:
                await self._grown.wait()

    def _forget_the_oldest(self, kind: str) -> None:
        names = [key for key in self._kept if key[0] == kind]
        for key in names[:-MOST_OF_A_KIND]:
            del self._kept[key]

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()
