"""The deliveries that wait for a destination: held in quiet hours, or kept back by a mute that ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import Delivery, Destination
from bot.store import keys
from bot.store.codec import waiting_member
from bot.store.reading import read_hashes
from bot.store.stored_event import StoredEvent, decode_event

MOST_AT_ONCE = 1_000
"""More than a person gets in a night; what is beyond comes in a second message."""


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    stored: StoredEvent
    delivery: Delivery


@dataclass(slots=True)
class WaitingPage:
    """What was `found`, the deliveries that another program has damaged, and the events, by their ids."""

    found: list[WaitingDelivery] = field(default_factory=list)
    unreadable: list[tuple[StoredEvent, str]] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)


class Waiting:
    """Reads what waits for a destination. `Change` adds to it, and removes from it."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._retention = retention

    async def of(self, to: Destination, count: int = MOST_AT_ONCE) -> WaitingPage:
        """Return the deliveries that wait longest, those to be sent first, with their events.

        Members that no longer stand for a delivery that waits are removed; three round trips to Redis, and
        as many again for each `count` of them.

        Raises:
            redis.RedisError: if Redis does not answer.
        """
        key = keys.waiting(str(to))
        page = WaitingPage()
        while not page.found:
            raw: list[bytes] = await self._redis.zrange(key, 0, count - 1)
            stale = [member for member in raw if member.decode(errors="replace").encode() != member]
            members = [member.decode() for member in raw if member not in stale]
            events = await self._events({member.partition(":")[2] for member in members}, page)
            for member in members:
                delivery_id, _, event_id = member.partition(":")
                stored = events.get(event_id)
                delivery = stored.delivery(delivery_id) if stored else None
                if stored and delivery and delivery.waits_for_destination:
                    page.found.append(WaitingDelivery(stored, delivery))
                    continue
                stale.append(member.encode())
                if stored and delivery_id in stored.unreadable:
                    page.unreadable.append((stored, delivery_id))
            if not stale:
                break
            await self._redis.zrem(key, *stale)
        return page

    async def counts(self, destinations: Sequence[Destination]) -> list[int]:
        """Return how many deliveries wait for each of the destinations.

        Raises:
            redis.RedisError: if Redis does not answer.
        """
        async with self._redis.pipeline(transaction=False) as pipe:
            for to in destinations:
                pipe.zcard(keys.waiting(str(to)))
            counts = await pipe.execute(raise_on_error=False)
        return [count if isinstance(count, int) else 0 for count in counts]

    async def restore(self, delivery: Delivery) -> None:
        """Add a delivery that waits, in case Redis has lost that it does."""
        key = keys.waiting(str(delivery.destination))
        member, score = waiting_member(delivery)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.zadd(key, {member: score}, nx=True)
            pipe.pexpire(key, self._retention)
            await pipe.execute()

    async def _events(self, event_ids: set[str], page: WaitingPage) -> dict[str, StoredEvent]:
        """Return the readable events, and add the ids of the others to the page."""
        ids: Sequence[str] = sorted(event_ids)
        rows = await read_hashes(self._redis, [keys.event(event_id) for event_id in ids])
        events: dict[str, StoredEvent] = {}
        for event_id, row in zip(ids, rows, strict=True):
            try:
                events |= {event_id: decode_event(event_id, row)} if row else {}
            except CorruptRecord:
                page.corrupt.append(event_id)
        return events
