"""The events themselves: accepted once, logged, concluded, read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from pydantic_core import from_json
from redis.asyncio import Redis

from bot.errors import CorruptRecord, StaleEvent
from bot.model import DeadLetter, Event, EventState, Step, canonical_event, from_ms, to_ms
from bot.store import keys
from bot.store.queue import QUEUE, Task, new_job
from bot.store.reading import read_hash, read_list
from bot.store.scripts import LuaScript
from bot.store.trail import decode_step, encode_step
from bot.store.transition import Transition, Transitions, job_ttl_ms

_CLOCK_MARGIN = timedelta(days=1)
"""How long an event is remembered beyond its retention, so that a replay which one machine's clock
still lets in is not forgotten already by another's."""
_LONGEST_RETENTION = timedelta(days=3_650)
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event and how far it has come. `body` is what was received, to the byte.

    Of one that was forgotten, the body and the data are empty.
    """

    event: Event
    body: bytes = field(repr=False)
    state: EventState
    received_at: datetime
    concluded_at: datetime | None = None
    reason: str = ""


class Events:
    """What was accepted, for as long as events are kept."""

    def __init__(self, redis: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._retention = retention
        self._accept = LuaScript(redis, "accept")
        self._count_failure = LuaScript(redis, "count_failure")
        self._transitions = Transitions(redis, retention)

    async def accept(self, event: Event, body: bytes, now: datetime) -> bool:
        """Store the event, log it and enqueue its job in one atomic step; False if it was seen.

        Raises:
            StaleEvent: if it may have been seen while events were not kept for as long as now.
            redis.RedisError: if that could not be done, or if nobody can tell whether it was.
        """
        first = new_job(Task.EVENT, event.id, now=now)
        remembered = max(now, event.timestamp) - now + self._retention + _CLOCK_MARGIN
        names = [
            keys.event(event.id),
            keys.trail(event.id),
            keys.LOG,
            keys.log_of(event.type),
            keys.TYPES,
            QUEUE,
            first.key,
            keys.RETENTIONS,
            keys.UNFINISHED,
        ]
        fields: list[str | bytes | int] = [
            *("type", event.type, "timestamp", to_ms(event.timestamp), "body", body),
            *("received_at", to_ms(now), "state", EventState.ACCEPTED, "attempts", 0),
            *(("test", 1) if event.test else ()),
            *(("received_type", event.received_type) if event.received_type else ()),
        ]
        step = encode_step(Step(now, "received"))
        args = [
            *(event.id, event.type, to_ms(now), int(remembered / _MS)),
            *(to_ms(now - self._retention), step, first.id, first.blob, first.delay_ms),
            *(job_ttl_ms(remembered), int(self._retention / _MS), to_ms(event.timestamp)),
            to_ms(now - _LONGEST_RETENTION),
            *fields,
        ]
        outcome = int(await self._accept(names, args))
        if outcome < 0:
            raise StaleEvent("timestamp is older than events were kept when it may have come first")
        return outcome > 0

    async def get(self, event_id: str) -> StoredEvent | None:
        """The event, or None if it never came or is no longer kept.

        Raises:
            CorruptRecord: if what is kept is not what `accept` wrote.
        """
        kept = await read_hash(self._redis, keys.event(event_id))
        return _decode(event_id, kept) if kept else None

    async def latest(self, count: int) -> list[StoredEvent]:
        """The events that came last, newest first; what is not readable is left out."""
        ids = [raw.decode() for raw in await self._redis.zrevrange(keys.LOG, 0, count - 1)]
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in ids:
                pipe.hgetall(keys.event(event_id))
            rows = await pipe.execute()
        found = []
        for event_id, row in zip(ids, rows, strict=True):
            try:
                found += [_decode(event_id, row)] if row else []
            except CorruptRecord:
                continue
        return found

    async def counts_since(self, since: datetime) -> Mapping[str, int]:
        """How many events of each type were accepted since then, the most frequent first."""
        types = [
            raw.decode()
            for raw in await self._redis.zrangebyscore(keys.TYPES, to_ms(since), "+inf")
        ]
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_type in types:
                pipe.zcount(keys.log_of(event_type), to_ms(since), "+inf")
            counts: list[int] = await pipe.execute()
        ranked = sorted(zip(types, counts, strict=True), key=lambda pair: (-pair[1], pair[0]))
        return dict(ranked)

    async def trail(self, event_id: str) -> Sequence[Step]:
        """The steps of the event's way, in the order they were taken."""
        return [decode_step(raw) for raw in await read_list(self._redis, keys.trail(event_id))]

    async def count_failure(self, event_id: str) -> int:
        """Count one more failed run of the event's handler; how many that makes."""
        return int(await self._count_failure([keys.event(event_id)], [uuid4().hex]))

    async def leave_unhandled(self, event_id: str, now: datetime) -> bool:
        """Keep an event of a type that no handler knows."""
        step = Step(now, "no handler")
        return await self._conclude(event_id, EventState.UNHANDLED, "", step, now)

    async def dead_letter(self, event_id: str, reason: str, now: datetime) -> bool:
        """Make the event a dead letter, and have the operators told."""
        step = Step(now, "dead letter", detail=reason)
        return await self._conclude(event_id, EventState.DEAD, reason, step, now)

    async def requeue(self, event_id: str, now: datetime) -> bool:
        """Run a dead letter's handler again; False if the event is not one."""
        transition = Transition(
            subject=keys.event(event_id),
            trail=keys.trail(event_id),
            expect={"state": [EventState.DEAD]},
            set={"state": EventState.ACCEPTED, "reason": "", "attempts": "0"},
            step=Step(now, "retried by hand"),
            job=new_job(Task.EVENT, event_id, now=now),
            removes_dead_letter=DeadLetter.event(event_id),
        )
        return await self._transitions.apply(transition, now)

    async def _conclude(
        self, event_id: str, state: EventState, reason: str, step: Step, now: datetime
    ) -> bool:
        dead = DeadLetter.event(event_id) if state is EventState.DEAD else None
        transition = Transition(
            subject=keys.event(event_id),
            trail=keys.trail(event_id),
            expect={"state": [EventState.ACCEPTED]},
            set={"state": state, "reason": reason, "concluded_at": str(to_ms(now))},
            step=step,
            job=new_job(Task.DEAD_LETTER, str(dead), now=now) if dead else None,
            adds_dead_letter=dead,
            id=state,
        )
        return await self._transitions.apply(transition, now)


def _decode(event_id: str, kept: Mapping[bytes, bytes]) -> StoredEvent:
    try:
        state = EventState(kept[b"state"].decode())
        forgotten = state is EventState.FORGOTTEN
        body = b"" if forgotten else kept[b"body"]
        event = canonical_event(
            event_id,
            kept.get(b"received_type", kept[b"type"]).decode(),
            from_ms(kept[b"timestamp"]),
            {} if forgotten else from_json(body)["data"],
            test=kept.get(b"test") == b"1",
        )
        return StoredEvent(
            event=event,
            body=body,
            state=state,
            received_at=from_ms(kept[b"received_at"]),
            concluded_at=from_ms(kept[b"concluded_at"]) if b"concluded_at" in kept else None,
            reason=kept.get(b"reason", b"").decode(),
        )
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise CorruptRecord(f"event {event_id} is not readable in Redis") from error
