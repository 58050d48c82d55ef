"""Converts the events of older releases to the current layout.

Releases 0.3.0 and 0.4.0 kept an event in several keys, and their jobs in queues of their own. During a
rolling deploy, their processes may still add events, and finish those that they have begun.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.errors import CorruptRecord
from bot.model import (
    NOTICE_TEMPLATE,
    Audience,
    DeadLetter,
    Delivery,
    DeliveryState,
    Destination,
    EventState,
    Step,
    canonical_event,
    from_ms,
)
from bot.store import keys
from bot.store.codec import encode_delivery, encode_step
from bot.store.queue import JOB_KEY, JOB_KEYS, JobId, Task, encode_job
from bot.store.reading import text_ids
from bot.store.scripts import LuaScript, ScriptRunner
from bot.store.stored_event import EVENT, TRAIL, Fields, StoredEvent, awaited_jobs, encode_event

_OLD_QUEUES = ("arq:queue", "juicebox:queue", "juicebox:unfinished")
"""The queue of 0.3.0, and that of 0.4.0 with its index."""
_MAX_JOBS = 10_000
_OLD_LEASES = ("arq:in-progress:", "juicebox:lease:")


class Migration:
    """Migrates events one by one, each in one atomic step, unless an older worker is processing it."""

    def __init__(self, redis: Redis, runner: ScriptRunner, retention: timedelta) -> None:
        self._redis = redis
        self._runner = runner
        self._retention = retention
        self._script = LuaScript("migrate")

    async def events_with_jobs(self) -> list[str]:
        """Return the ids of the events that have jobs in the queues of older releases."""
        found: dict[str, None] = {}
        for queue in _OLD_QUEUES:
            job_ids: list[str] = []
            # It may be another program's key, or one that the user may not read.
            with suppress(ResponseError):
                job_ids = text_ids(await self._redis.zrange(queue, 0, _MAX_JOBS - 1))
            found |= dict.fromkeys(await self._events_of(job_ids))
        return list(found)

    async def _events_of(self, job_ids: Iterable[str]) -> Iterable[str]:
        """Return the ids of the events that an older release's jobs are about, as far as they can be read."""
        found: dict[str, str] = {}
        deliveries: dict[str, str] = {}
        for job_id in job_ids:
            task, _, subject = job_id.partition(":")
            if task == Task.EVENT:
                found[job_id] = subject
            elif task == Task.DEAD_LETTER and subject.startswith("event:"):
                found[job_id] = subject.removeprefix("event:")
            elif task in {Task.DEAD_LETTER, Task.DELIVERY}:
                deliveries[job_id] = _delivery_key(subject.removeprefix("delivery:"))
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in deliveries.values():
                pipe.hget(key, "notification")
            replies = await pipe.execute(raise_on_error=False)
        for job_id, reply in zip(deliveries, replies, strict=True):
            with suppress(ValueError, KeyError, TypeError):
                found[job_id] = str(from_json(reply)["event_id"])
        return found.values()

    async def run(self, event_id: str, fields: Fields, now: datetime) -> bool:
        """Migrate the event; False if an older worker is processing it, or has changed it meanwhile.

        Raises:
            CorruptRecord: if it is not what an older release wrote.
        """
        steps, ids = await self._read(
            event_id, [("LRANGE", key, 0, -1) for key in _lists(event_id)]
        )
        delivery_ids = [raw.decode() for raw in ids]
        names = [_delivery_key(delivery_id) for delivery_id in delivery_ids]
        rows: list[Fields] = await self._read(event_id, [("HGETALL", name) for name in names])
        try:
            stored = _event(event_id, fields, dict(zip(delivery_ids, rows, strict=True)))
            new_fields = _encode(stored, steps)
            expected = [_texts(fields, without=b"body"), *map(_texts, rows)]
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise CorruptRecord(f"event {event_id} is not readable in Redis") from error
        awaited = awaited_jobs(stored)
        jobs = [JobId(Task.EVENT, event_id), JobId(Task.DEAD_LETTER, event_id)]
        for name in delivery_ids:
            jobs += [JobId(task, event_id, name) for task in (Task.DELIVERY, Task.DEAD_LETTER)]
        argument = {
            "fields": new_fields,
            "expected": expected,
            "jobs": [
                {
                    "old": _old_id(job),
                    "new": encode_job(job, now, self._retention),
                    "awaited": job in awaited,
                }
                for job in dict.fromkeys([*jobs, *awaited])
            ],
            "queues": _OLD_QUEUES,
            "leases": _OLD_LEASES,
            "job_key": JOB_KEY,
            "dead_letters": {
                f"delivery:{name}": str(DeadLetter(event_id, name)) for name in delivery_ids
            },
        }
        names = [*JOB_KEYS, keys.DEAD, *_lists(event_id), keys.event(event_id), *names]
        return bool(await self._runner.run(self._script, names, [to_json(argument)]))

    async def _read(self, event_id: str, commands: Sequence[tuple[str | int, ...]]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            replies: list[Any] = await pipe.execute(raise_on_error=False)
        if any(isinstance(reply, Exception) for reply in replies):
            raise CorruptRecord(f"event {event_id} is not readable in Redis")
        return replies


def _lists(event_id: str) -> tuple[str, str]:
    """Return the keys of an event's trail and of the ids of its deliveries."""
    return f"juicebox:trail:{event_id}", f"juicebox:deliveries:{event_id}"


def _delivery_key(delivery_id: str) -> str:
    return f"juicebox:delivery:{delivery_id}"


def _old_id(job: JobId) -> str:
    """Return the id that older releases gave the job."""
    if job.task == Task.DEAD_LETTER:
        dead = f"delivery:{job.delivery_id}" if job.delivery_id else f"event:{job.event_id}"
        return f"{job.task}:{dead}"
    return f"{job.task}:{job.delivery_id or job.event_id}"


def _texts(row: Fields, without: bytes = b"") -> Mapping[str, str]:
    return {name.decode(): value.decode() for name, value in row.items() if name != without}


def is_old(fields: Fields) -> bool:
    """Return whether an event has the form of an older release."""
    return b"state" in fields and EVENT.encode() not in fields


def _event(event_id: str, fields: Fields, rows: Mapping[str, Fields]) -> StoredEvent:
    state = EventState(fields[b"state"].decode())
    forgotten = state is EventState.FORGOTTEN
    body = b"" if forgotten else fields[b"body"]
    event = canonical_event(
        event_id,
        fields.get(b"received_type", fields[b"type"]).decode(),
        from_ms(fields[b"timestamp"]),
        {} if forgotten else from_json(body)["data"],
        test=fields.get(b"test") == b"1",
    )
    deliveries: list[Delivery] = []
    unreadable: list[str] = []
    for name, row in rows.items():
        try:
            deliveries += [_delivery(event_id, name, row)] if row else []
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            unreadable.append(name)
    return StoredEvent(
        event=event,
        body=body,
        state=state,
        received_at=from_ms(fields[b"received_at"]),
        concluded_at=from_ms(fields[b"concluded_at"]) if b"concluded_at" in fields else None,
        reason=fields.get(b"reason", b"").decode(),
        failures=int(fields.get(b"attempts", 0)) if state is EventState.ACCEPTED else 0,
        deliveries=tuple(deliveries),
        numbers={delivery.id: number for number, delivery in enumerate(deliveries)},
        numbered=len(deliveries),
        unreadable=tuple(unreadable),
    )


def _delivery(event_id: str, delivery_id: str, row: Fields) -> Delivery:
    def text(name: bytes) -> str:
        return row.get(name, b"").decode()

    notification = from_json(row[b"notification"])
    context, to, owner = notification["context"], text(b"destination"), text(b"owner")
    about: DeadLetter | None = None
    if notification["template"] == NOTICE_TEMPLATE:
        of_delivery = context.get("subject_kind") == "delivery"
        about = DeadLetter(event_id, str(context.get("subject_id")) if of_delivery else "")
    return Delivery(
        id=delivery_id,
        event_id=event_id,
        audience=Audience(notification["audience"]),
        template=notification["template"],
        destination=None if to.startswith("nobody:") else Destination.parse(to),
        state=DeliveryState(text(b"state")),
        created_at=from_ms(row[b"created_at"]),
        updated_at=from_ms(row[b"updated_at"]),
        about=about,
        attempts=int(row[b"attempts"]),
        next_at=from_ms(text(b"next_at")) if text(b"next_at") else None,
        reason=text(b"reason"),
        receipt=text(b"receipt"),
        maybe_delivered=text(b"unsure") == "1",
        waits=int(text(b"waits") or 0),
        own_job=owner.startswith(f"{Task.DELIVERY}:"),
    )


def _encode(stored: StoredEvent, steps: Sequence[bytes]) -> Mapping[str, str]:
    """Return the new fields of an event; an unreadable delivery stays one."""
    deliveries = dict.fromkeys(stored.unreadable, "{}") | {
        d.id: encode_delivery(d, stored.numbers[d.id], stored.received_at)
        for d in stored.deliveries
    }
    lines: list[str] = []
    for raw in steps:
        with suppress(ValueError, KeyError, TypeError, OverflowError):
            lines.append(encode_step(*_step(from_json(raw), stored), stored.received_at))
    return {EVENT: encode_event(stored), TRAIL: "".join(lines), **deliveries}


def _step(kept: Mapping[str, Any], stored: StoredEvent) -> tuple[Step, int | None]:
    step = Step(from_ms(kept["at"]), str(kept["what"]), detail=str(kept["detail"]))
    return step, stored.numbers.get(str(kept["delivery"]))
