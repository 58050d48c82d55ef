"""Compares the queue with what is unfinished, and enqueues again what the queue has lost.

A job can disappear without having run: by eviction, a flush, or a worker of another arq application on
the same queue. What it was to do is still in the store.
"""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from bot.model import DeliveryState, EventState
from bot.store import keys
from bot.store.queue import OLD_LEASE_KEY, OLD_QUEUE, QUEUE, Job, Task, job_id, new_job
from bot.store.reading import text_ids
from bot.store.scripts import LuaScript
from bot.store.transition import encode_job

_COMPLETE = "-"
"""A member of the index of unfinished jobs that is no job: without it, the index is not complete."""
_BUILDING, _BUILT = 1, 0
"""Its scores."""
_PAGE = 500
_MOST_COMPARISONS = 100
"""In one run. Each tells 1,000 lost jobs; while some program keeps removing jobs, they never end."""
_UNSENT = {DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING}


class Reconciliation:
    """Every job is in the queue and in an index of unfinished jobs until it is done.

    The index is built from the events where it is not complete: after an upgrade from 0.3.0, which had
    none, or where Redis has evicted it. Each process does so once in any case, since a bug could lose
    a job from both.
    """

    def __init__(self, redis: Redis, retention: timedelta, *, old_queue: str = OLD_QUEUE) -> None:
        self._redis = redis
        self._retention = retention
        self._old_queue = old_queue
        self._events_read = False
        self._reconcile = LuaScript(redis, "reconcile")
        self._restore_job = LuaScript(redis, "restore_job")

    async def run(self, now: datetime) -> list[str]:
        """Enqueue what the queue has lost, and take over the jobs of release 0.3.0.

        One command where nothing is lost; once in the life of a process, the events are read too, for
        what both the queue and the index have lost. Returns the ids of the jobs that were enqueued again.
        """
        restored: list[str] = []
        for _ in range(_MOST_COMPARISONS):
            complete, lost = await self.find_lost()
            found = [one for one in lost if await self.restore_job(one, now)]
            restored += found
            if not found:
                break
        if not complete or not self._events_read:
            restored += [missing async for missing in self._build_index(now)]
        return restored

    async def find_lost(self) -> tuple[bool, list[str]]:
        """Take over the jobs of release 0.3.0, and compare the queue with the index.

        Returns whether the index is complete, and the ids of up to 1,000 jobs that are not in the queue.
        """
        complete, lost = await self._reconcile(
            [QUEUE, keys.UNFINISHED],
            [self._old_queue, OLD_LEASE_KEY, _COMPLETE, *(f"{task}:" for task in Task)],
        )
        return bool(complete), text_ids(lost)

    async def restore(self, event_id: str, now: datetime) -> list[str]:
        """Enqueue the jobs of one event that the queue has lost; their ids."""
        wanted = await self._jobs_of([event_id])
        return [lost for lost, key in wanted.items() if await self.restore_job(lost, now, key)]

    async def restore_job(self, lost_id: str, now: datetime, awaited_by: str = "") -> bool:
        """Enqueue the job unless it is in the queue, or finished by now.

        `awaited_by` is the key of the event or delivery that waits for it; without one, the index says
        whether the job is finished.
        """
        lost = _job(lost_id, now)
        if lost is None:
            return False
        names = [QUEUE, keys.UNFINISHED, lost.key, awaited_by or keys.UNFINISHED]
        encoded = json.dumps(encode_job(lost, self._retention))
        args = [encoded, "" if awaited_by else "1", self._old_queue]
        return bool(await self._restore_job(names, args))

    async def _build_index(self, now: datetime) -> AsyncIterator[str]:
        await self._redis.zadd(keys.UNFINISHED, {_COMPLETE: _BUILDING})
        start = 0
        while page := await self._redis.zrevrange(keys.LOG, start, start + _PAGE - 1):
            for wanted, key in (await self._jobs_of(text_ids(page))).items():
                if await self.restore_job(wanted, now, key):
                    yield wanted
            start += _PAGE
        # An index that was removed meanwhile has lost its mark, too: then it is built once more.
        await self._redis.zadd(keys.UNFINISHED, {_COMPLETE: _BUILT}, xx=True)
        self._events_read = True

    async def _jobs_of(self, event_ids: Sequence[str]) -> dict[str, str]:
        """The jobs that these events and their deliveries wait for: id, and the key of what waits."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in event_ids:
                pipe.hget(keys.event(event_id), "state")
                pipe.lrange(keys.deliveries(event_id), 0, -1)
            rows = await _replies(pipe)
        states, lists = rows[::2], [row for row in rows[1::2] if isinstance(row, list)]
        deliveries = [keys.delivery(one) for one in text_ids(raw for ids in lists for raw in ids)]
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in deliveries:
                pipe.hmget(key, ["state", "owner"])
            kept = await _replies(pipe)
        wanted = {
            job_id(Task.EVENT, event_id): keys.event(event_id)
            for event_id, state in zip(event_ids, states, strict=True)
            if state == EventState.ACCEPTED.encode()
        }
        unsent = {state.encode() for state in _UNSENT}
        for key, row in zip(deliveries, kept, strict=True):
            state, owner = row if isinstance(row, list) else (None, None)
            if owner and state in unsent:
                wanted |= dict.fromkeys(text_ids([owner]), key)
        return wanted


async def _replies(pipe: Pipeline) -> list[Any]:
    """The reply to each command; in place of one whose key has another type, its error."""
    replies: list[Any] = await pipe.execute(raise_on_error=False)
    for reply in replies:
        if isinstance(reply, Exception) and not str(reply).startswith("WRONGTYPE"):
            raise reply
    return replies


def _job(lost_id: str, now: datetime) -> Job | None:
    """The job of this id, or None if its task is a newer release's."""
    task, _, subject_id = lost_id.partition(":")
    return new_job(Task(task), subject_id, now=now) if task in {*Task} else None
