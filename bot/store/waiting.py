"""The deliveries that wait for a destination: held in quiet hours, or skipped by a mute that ends."""

from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.model import Delivery, Destination
from bot.store import keys
from bot.store.reading import read_hashes, text_ids
from bot.store.stored_event import StoredEvent, decode_event

MOST_IN_A_MESSAGE = 100


class Waiting:
    """Reads what waits; `Change.wait` adds to it, and `Change.stop_waiting` removes from it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of(
        self, destination: Destination, count: int = MOST_IN_A_MESSAGE
    ) -> tuple[list[tuple[StoredEvent, Delivery]], list[str]]:
        """Return the deliveries that wait longest, with their events, and the members that are no delivery.

        Raises:
            redis.RedisError: if Redis does not answer.
        """
        members = text_ids(await self._redis.zrange(keys.waiting(str(destination)), 0, count - 1))
        pairs = [tuple(member.split(":", 1)) for member in members]
        event_ids = list(dict.fromkeys(pair[-1] for pair in pairs))
        rows = await read_hashes(self._redis, [keys.event(event_id) for event_id in event_ids])
        events: dict[str, StoredEvent] = {}
        for event_id, row in zip(event_ids, rows, strict=True):
            try:
                events |= {event_id: decode_event(event_id, row)} if row else {}
            except CorruptRecord:
                continue  # its own job makes a dead letter of it
        found: list[tuple[StoredEvent, Delivery]] = []
        stale: list[str] = []
        for member, pair in zip(members, pairs, strict=True):
            stored = events.get(pair[-1])
            delivery = stored.delivery(pair[0]) if stored else None
            if stored and delivery:
                found.append((stored, delivery))
            else:
                stale.append(member)
        return found, stale
