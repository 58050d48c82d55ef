"""The deliveries that wait for a destination: held in quiet hours, or kept back by a mute that ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import Delivery, Destination
from bot.store import keys
from bot.store.codec import waiting_member
from bot.store.reading import read_hashes, text_ids
from bot.store.stored_event import StoredEvent, decode_event

MOST_AT_ONCE = 1_000
"""More than a person gets in a night; what is beyond comes in a second message."""


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    stored: StoredEvent
    delivery: Delivery


class Waiting:
    """Reads what waits for a destination. `Change` adds to it, and removes from it."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._retention = retention

    async def of(self, to: Destination, count: int = MOST_AT_ONCE) -> list[WaitingDelivery]:
        """Return the deliveries that wait longest, those to be sent first, with their events; three round trips to Redis at most.

        Members that no longer stand for a delivery that waits are removed.

        Raises:
            redis.RedisError: if Redis does not answer.
        """
        key = keys.waiting(str(to))
        members = text_ids(await self._redis.zrange(key, 0, count - 1))
        events = await self._events({member.partition(":")[2] for member in members})
        found: list[WaitingDelivery] = []
        stale: list[str] = []
        for member in members:
            delivery_id, _, event_id = member.partition(":")
            stored = events.get(event_id)
            delivery = stored.delivery(delivery_id) if stored else None
            if stored and delivery and delivery.waits_for_destination:
                found.append(WaitingDelivery(stored, delivery))
            else:
                stale.append(member)
        if stale:
            await self._redis.zrem(key, *stale)
        return found

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

    async def _events(self, event_ids: set[str]) -> dict[str, StoredEvent]:
        """Return the readable events; of the others, their own jobs make dead letters."""
        ids: Sequence[str] = sorted(event_ids)
        rows = await read_hashes(self._redis, [keys.event(event_id) for event_id in ids])
        events: dict[str, StoredEvent] = {}
        for event_id, row in zip(ids, rows, strict=True):
            try:
                events |= {event_id: decode_event(event_id, row)} if row else {}
            except CorruptRecord:
                continue
        return events
