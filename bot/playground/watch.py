"""Looks at what the bot keeps of the latest events, and tells the feed what has changed."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from redis.exceptions import RedisError

from bot.clock import pause
from bot.errors import CorruptRecord
from bot.model import Delivery
from bot.playground.feed import Feed
from bot.playground.juicebox import Answer
from bot.playground.racing import is_cancelled
from bot.playground.trails import Where, is_settled, trail
from bot.store import Store
from bot.store.events import StoredEvent

_EVENTS = 100
"""How many of the latest are looked at, settled or not; of the rest, those that are under way."""
_BUSY_SECONDS = 0.1
_IDLE_SECONDS = 1.0
_AWAY_SECONDS = 0.5

_Mark = tuple[object, ...]
"""What an event's trail depends on: as long as it is the same, the trail need not be read again."""


class Watch:
    """Redis tells nobody what changes in it, so this looks: often while something is under way."""

    def __init__(
        self, store: Store, feed: Feed, postings: Mapping[str, Sequence[Answer]], where: Where
    ) -> None:
        self._store = store
        self._feed = feed
        self._postings = postings
        self._where = where
        self._arrivals: dict[str, list[float]] = defaultdict(list)
        self._kills: list[float] = []
        self._marks: dict[str, _Mark] = {}
        self._under_way: set[str] = set()
        self._woken = asyncio.Event()

    def arrived(self, delivery_id: str, at: float) -> None:
        """The other side took the delivery in, `at` seconds since 1970."""
        self._arrivals[delivery_id].append(at)
        self.wake()

    def killed(self, at: float) -> None:
        """A worker was killed `at` seconds since 1970: trails that it had a part in say so."""
        self._kills.append(at)
        self.wake()

    def wake(self) -> None:
        """Something is likely to have changed: look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while not is_cancelled():
            self._woken.clear()
            try:
                seconds = _BUSY_SECONDS if await self._look() else _IDLE_SECONDS
            except (RedisError, OSError):
                seconds = _AWAY_SECONDS
            await self._rest(seconds)

    async def _rest(self, seconds: float) -> None:
        """Not so long if somebody wakes us, but long enough for others to have their turn."""
        await asyncio.sleep(min(seconds, _BUSY_SECONDS))
        if seconds > _BUSY_SECONDS:
            await pause(seconds - _BUSY_SECONDS, self._woken)

    async def _look(self) -> bool:
        """Tell what has changed; whether anything is still under way."""
        latest = await self._store.events.latest(_EVENTS)
        older = await self._older_than({kept.event.id for kept in latest})
        events = [*older, *reversed(latest)]
        deliveries = await self._store.ledger.of_events([kept.event.id for kept in events])
        for kept in events:
            await self._tell(kept, deliveries[kept.event.id])
        self._under_way = {
            kept.event.id for kept in events if not is_settled(kept, deliveries[kept.event.id])
        }
        return bool(self._under_way)

    async def _older_than(self, latest: set[str]) -> list[StoredEvent]:
        """What was under way when last seen, or taken in and never seen, and is not of the latest."""
        taken_in = {
            event_id
            for event_id, answers in self._postings.items()
            if event_id not in self._marks and any(answer.laps for answer in answers)
        }
        found = []
        for event_id in (self._under_way | taken_in) - latest:
            try:
                kept = await self._store.events.get(event_id)
            except CorruptRecord:
                continue
            found += [kept] if kept else []
        return sorted(found, key=lambda kept: kept.received_at)

    async def _tell(self, kept: StoredEvent, deliveries: Sequence[Delivery]) -> None:
        event_id = kept.event.id
        mark = self._mark(kept, deliveries)
        if self._marks.get(event_id) == mark:
            return
        try:
            steps = await self._store.events.trail(event_id)
        except CorruptRecord:
            return
        row = trail(
            kept,
            deliveries,
            steps,
            postings=self._postings.get(event_id, ()),
            arrivals=self._arrivals,
            where=self._where,
            kills=self._kills,
        )
        self._feed.tell("trail", event_id, **row)
        self._marks[event_id] = mark

    def _mark(self, kept: StoredEvent, deliveries: Sequence[Delivery]) -> _Mark:
        return (
            kept.state,
            kept.concluded_at,
            len(self._postings.get(kept.event.id, ())),
            len(self._kills),
            *(self._delivery_mark(delivery) for delivery in deliveries),
        )

    def _delivery_mark(self, delivery: Delivery) -> tuple[str, int, datetime, int]:
        """`updated_at` moves with every step of a delivery but the claim, which changes its state."""
        arrived = len(self._arrivals.get(delivery.id, ()))
        return delivery.state, delivery.attempts, delivery.updated_at, arrived
