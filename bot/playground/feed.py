"""The live feed of the page: records in the order of their first appearance, each in its latest version."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

FeedItem = Mapping[str, Any]
"""A JSON object with a `kind`."""

MAX_PER_KIND = 400
"""More than anyone scrolls through, and few enough for a page to render."""


@dataclass(frozen=True, slots=True)
class Batch:
    """New records; `position` is where to continue."""

    position: int
    records: tuple[FeedItem, ...]


class Feed:
    """Keeps the latest record under each name, and the latest few hundred of each kind.

    Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], tuple[int, FeedItem]] = {}
        self._position = 0
        self._changed = asyncio.Event()
        self._closed = False

    def publish(self, kind: str, name: str, /, **fields: Any) -> None:
        """Add a record, or replace the one of the same kind and name."""
        record = {"kind": kind, **fields}
        known = self._records.get((kind, name))
        if known is not None and known[1] == record:
            return
        self._position += 1
        self._records[kind, name] = (self._position, record)
        if known is None:
            self._drop_oldest(kind)
        self._notify()

    def close(self) -> None:
        """End the feed: followers get the remaining records and then stop."""
        self._closed = True
        self._notify()

    async def follow(self, position: int = 0) -> AsyncIterator[Batch]:
        """Yield records newer than `position`, then new ones as they come, until `close`."""
        while True:
            new = tuple(record for seq, record in self._records.values() if seq > position)
            if new:
                position = self._position
                yield Batch(position, new)
            elif self._closed:
                return
            else:
                await self._changed.wait()

    def _drop_oldest(self, kind: str) -> None:
        names = [key for key in self._records if key[0] == kind]
        for key in names[:-MAX_PER_KIND]:
            del self._records[key]

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
