"""Stored events: accept, read, conclude and requeue them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from pydantic_core import from_json
from redis.asyncio import Redis

from bot.errors import CorruptRecord, StaleEvent
from bot.model import DeadLetter, Event, EventState, Step, canonical_event, from_ms, to_ms
from bot.store import keys
from bot.store.queue import QUEUE, Task, new_job
from bot.store.reading import read_hash, text_ids
from bot.store.scripts import LuaScript
from bot.store.trail import decode_step, encode_step
from bot.store.transition import Transition, Transitions, job_ttl_ms

_CLOCK_TOLERANCE = timedelta(days=1)
"""How long an event is kept beyond its retention: clocks of machines differ, and a replay that one of
them accepts must still be a duplicate."""
_LONGEST_RETENTION = timedelta(days=3_650)
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event and its state. `body` is the request body as received.

    The body and the data of a forgotten event are empty.
    """

    event: Event
    body: bytes = field(repr=False)
    state: EventState
    received_at: datetime
    concluded_at: datetime | None = None
    reason: str = ""


class Events:
    """The accepted events, kept for the retention."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._retention = retention
        self._accept = LuaScript(redis, "accept")
        self._count_failure = LuaScript(redis, "count_failure")
        self._transitions = Transitions(redis, retention)

    async def accept(self, event: Event, body: bytes, now: datetime) -> bool:
        """Store the event, log it and enqueue its job in one atomic step; False for a duplicate.

        Raises:
            StaleEvent: if it may be a duplicate of an event that expired under a shorter retention.
            redis.RedisError: if it was not stored, or it is unknown whether it was.
        """
        job = new_job(Task.EVENT, event.id, now=now)
        kept_for = max(now, event.timestamp) - now + self._retention + _CLOCK_TOLERANCE
        names = [keys.event(event.id), keys.trail(event.id)]
        names += [keys.LOG, keys.log_of(event.type), keys.TYPES]
        names += [QUEUE, job.key, keys.RETENTIONS, keys.UNFINISHED]
        fields: list[str | bytes | int] = [
            *("type", event.type, "timestamp", to_ms(event.timestamp), "body", body),
            *("received_at", to_ms(now), "state", EventState.ACCEPTED, "attempts", 0),
            *(("test", 1) if event.test else ()),
            *(("received_type", event.received_type) if event.received_type else ()),
        ]
        step = encode_step(Step(now, "received"))
        args = [
            *(event.id, event.type, to_ms(now), int(kept_for / _MS)),
            *(to_ms(now - self._retention), step, job.id, job.blob, job.delay_ms),
            *(job_ttl_ms(kept_for), int(self._retention / _MS), to_ms(event.timestamp)),
            to_ms(now - _LONGEST_RETENTION),
            *fields,
        ]
        outcome = int(await self._accept(names, args))
        if outcome < 0:
            raise StaleEvent("timestamp is older than events were kept when it may have come first")
        return outcome > 0

    async def get(self, event_id: str) -> StoredEvent | None:
        """Return the event, or None if it is not kept.

        Raises:
            CorruptRecord: if what Redis holds is not what `accept` wrote.
        """
        row = await read_hash(self._redis, keys.event(event_id))
        return _decode(event_id, row) if row else None

    async def latest(self, count: int) -> list[StoredEvent]:
        """Return the latest events, newest first, without unreadable ones."""
        ids = text_ids(await self._redis.zrevrange(keys.LOG, 0, count - 1))
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in ids:
                pipe.hgetall(keys.event(event_id))
            rows = await pipe.execute()
        found: list[StoredEvent] = []
        for event_id, row in zip(ids, rows, strict=True):
            with suppress(CorruptRecord):
                found += [_decode(event_id, row)] if row else []
        return found

    async def counts_since(self, since: datetime) -> Mapping[str, int]:
        """Return how many events of each type were accepted since then, the most frequent first."""
        types = text_ids(await self._redis.zrangebyscore(keys.TYPES, to_ms(since), "+inf"))
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_type in types:
                pipe.zcount(keys.log_of(event_type), to_ms(since), "+inf")
            counts: list[int] = await pipe.execute()
        ranked = sorted(zip(types, counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
        return dict(ranked)

    async def trail(self, event_id: str) -> Sequence[Step]:
        """Return the steps of the event's trail, oldest first."""
        steps: Any = self._redis.lrange(keys.trail(event_id), 0, -1)
        return [decode_step(raw) for raw in await steps]

    async def count_failure(self, event_id: str) -> int:
        """Count a failed run of the event's handler; return the number of failed runs."""
        return int(await self._count_failure([keys.event(event_id)], [uuid4().hex]))

    async def leave_unhandled(self, event_id: str, now: datetime) -> bool:
        """Conclude an event whose type has no handler."""
        return await self._conclude(event_id, EventState.UNHANDLED, Step(now, "no handler"))

    async def dead_letter(self, event_id: str, reason: str, now: datetime) -> bool:
        """Make the event a dead letter, and enqueue the job that reports it."""
        step = Step(now, "dead letter", detail=reason)
        dead = DeadLetter.event(event_id)
        report = new_job(Task.DEAD_LETTER, str(dead), now=now)
        return await self._conclude(
            event_id, EventState.DEAD, step, job=report, adds_dead_letter=dead
        )

    async def requeue(self, event_id: str, now: datetime) -> bool:
        """Enqueue a dead letter's handler again; False if the event is not a dead letter."""
        transition = Transition(
            subject=keys.event(event_id),
            trail=keys.trail(event_id),
            expect={"state": EventState.DEAD},
            set={"state": EventState.ACCEPTED, "reason": "", "attempts": "0"},
            step=Step(now, "retried by hand"),
            job=new_job(Task.EVENT, event_id, now=now),
            removes_dead_letter=DeadLetter.event(event_id),
        )
        return await self._transitions.apply(transition)

    async def _conclude(self, event_id: str, state: EventState, step: Step, **more: Any) -> bool:
        """Conclude an accepted event; `more` are fields of `Transition`."""
        transition = Transition(
            subject=keys.event(event_id),
            trail=keys.trail(event_id),
            expect={"state": EventState.ACCEPTED},
            set={"state": state, "reason": step.detail, "concluded_at": str(to_ms(step.at))},
            step=step,
            id=state,
            **more,
        )
        return await self._transitions.apply(transition)


def _decode(event_id: str, row: Mapping[bytes, bytes]) -> StoredEvent:
    try:
        state = EventState(row[b"state"].decode())
        forgotten = state is EventState.FORGOTTEN
        body = b"" if forgotten else row[b"body"]
        event = canonical_event(
            event_id,
            row.get(b"received_type", row[b"type"]).decode(),
            from_ms(row[b"timestamp"]),
            {} if forgotten else from_json(body)["data"],
            test=row.get(b"test") == b"1",
        )
        return StoredEvent(
            event=event,
            body=body,
            state=state,
            received_at=from_ms(row[b"received_at"]),
            concluded_at=from_ms(row[b"concluded_at"]) if b"concluded_at" in row else None,
            reason=row.get(b"reason", b"").decode(),
        )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise CorruptRecord(f"event {event_id} is not readable in Redis") from error
