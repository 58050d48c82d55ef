"""Stored events: accept and read them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import cast

from pydantic_core import from_json, to_json
from redis.asyncio import Redis

from bot.errors import CorruptRecord, StaleEvent
from bot.model import Event, EventState, Step, from_ms, milliseconds, to_ms
from bot.store import keys
from bot.store.codec import UNREADABLE, encode_step
from bot.store.newest import SEARCHED, Skimmed, pages_of_newest
from bot.store.queue import JOB_KEYS, JobId, Task, encode_job
from bot.store.reading import read_hash, read_hashes, text_ids
from bot.store.scripts import LuaScript, ScriptRunner
from bot.store.stored_event import EVENT, Fields, StoredEvent, decode_event, encode_event

_CLOCK_TOLERANCE = timedelta(days=1)
"""How long an event is kept beyond its retention: clocks of machines differ, and a replay that one of
them accepts must still be a duplicate."""
_HOUR = timedelta(hours=1)


class Events:
    """The accepted events, kept for the retention."""

    def __init__(self, redis: Redis, runner: ScriptRunner, retention: timedelta) -> None:
        self._redis = redis
        self._runner = runner
        self._retention = retention
        self._retention_ms = milliseconds(retention)
        self._accept = LuaScript("accept", batched=True)

    async def accept(self, event: Event, body: bytes, now: datetime) -> bool:
        """Store the event, log it and enqueue its job in one atomic step; False for a duplicate.

        Raises:
            StaleEvent: if it may be a duplicate of an event that expired under a shorter retention.
            redis.RedisError, TimeoutError: if it was not stored, or it is unknown whether it was.
        """
        kept_for = max(now, event.timestamp) - now + self._retention + _CLOCK_TOLERANCE
        received = to_ms(now)
        argument = {
            "id": event.id,
            "counted_type": None if event.test else event.type,
            "event": encode_event(StoredEvent(event, body, EventState.ACCEPTED, now)),
            "step": encode_step(Step(now, "received"), None, from_ms(received)),
            "job": encode_job(JobId(Task.EVENT, event.id), now, kept_for),
            "received": received,
            "timestamp": to_ms(event.timestamp),
            "ttl": milliseconds(kept_for),
            "retention": self._retention_ms,
        }
        names = [keys.event(event.id), keys.LOG, keys.accepted_in(now), keys.RETENTIONS]
        outcome = await self._runner.run(
            self._accept, [*JOB_KEYS, *names], [to_json(argument), body]
        )
        if outcome < 0:
            raise StaleEvent("timestamp is older than events were kept when it may have come first")
        return bool(outcome)

    async def get(self, event_id: str) -> StoredEvent | None:
        """Return the event, or None if it is not kept.

        Raises:
            CorruptRecord: if what Redis holds is not what the bot wrote.
        """
        row = await read_hash(self._redis, keys.event(event_id))
        return decode_event(event_id, row) if row else None

    async def latest(self, count: int) -> list[StoredEvent]:
        """Return the latest events, newest first, without unreadable ones."""
        return await self.read(text_ids(await self._redis.zrevrange(keys.LOG, 0, count - 1)))

    async def read(self, event_ids: Sequence[str]) -> list[StoredEvent]:
        """Return these events in this order, without those that are unreadable or no longer kept."""
        found = await self.with_ids(event_ids)
        return [found[event_id] for event_id in event_ids if event_id in found]

    async def first_kept(self, event_ids: Sequence[str]) -> str | None:
        """Return the first of these ids under which something is kept, readable or not."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in event_ids:
                pipe.exists(keys.event(event_id))
            found = await pipe.execute()
        return next((i for i, kept in zip(event_ids, found, strict=True) if kept), None)

    def newest(self) -> AsyncIterator[list[Skimmed]]:
        """Yield the latest thousand events in pages, newest first: see `pages_of_newest`."""
        return pages_of_newest(self._redis)

    async def with_ids(self, event_ids: Sequence[str]) -> Mapping[str, StoredEvent]:
        """Return those of the events that are kept and readable, by id; one round trip to Redis."""
        found: dict[str, StoredEvent] = {}
        rows = await read_hashes(self._redis, [keys.event(event_id) for event_id in event_ids])
        for event_id, row in zip(event_ids, rows, strict=True):
            with suppress(CorruptRecord):
                found |= {event_id: decode_event(event_id, row)} if row else {}
        return found

    async def of_type(self, event_type: str, event_ids: Sequence[str]) -> list[str]:
        """Return those of the events that are of this type."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in event_ids:
                pipe.hget(keys.event(event_id), EVENT)
            rows = await pipe.execute(raise_on_error=False)
        return [
            event_id
            for event_id, row in zip(event_ids, rows, strict=True)
            if isinstance(row, bytes) and _type_in(row) == event_type
        ]

    async def with_delivery(self, delivery_id: str) -> str | None:
        """Return the id of the event that has this delivery, looked for among the latest thousand."""
        ids = text_ids(await self._redis.zrevrange(keys.LOG, 0, SEARCHED - 1))
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in ids:
                pipe.hexists(keys.event(event_id), delivery_id)
            found = await pipe.execute()
        return next((event_id for event_id, has in zip(ids, found, strict=True) if has), None)

    async def counts_since(self, since: datetime, now: datetime) -> Mapping[str, int]:
        """Return how many events of each type were accepted, to the hour, the most frequent first."""
        hours = range(int((now - since) / _HOUR) + 1)
        counts: dict[str, int] = {}
        async with self._redis.pipeline(transaction=False) as pipe:
            for hour in hours:
                pipe.hgetall(keys.accepted_in(now - hour * _HOUR))
            for row in cast("list[Fields]", await pipe.execute()):
                for name, count in row.items():
                    event_type = name.decode()
                    counts[event_type] = counts.get(event_type, 0) + int(count)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _type_in(row: bytes) -> str:
    """Return the type in the envelope of a stored event; empty if it is not readable."""
    try:
        return str(from_json(row)["type"])
    except UNREADABLE:
        return ""
