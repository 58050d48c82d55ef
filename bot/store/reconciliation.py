"""Finds unfinished jobs that are missing from the queue, and enqueues them again.

A job can disappear without having run: by eviction, by a flush, or because a worker of another arq
application took it. The event or delivery that waits for it is still in the store.
"""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from bot.model import DeliveryState, EventState
from bot.store import keys
from bot.store.queue import OLD_LEASE_KEY, OLD_QUEUE, QUEUE, Task, job_id, new_job
from bot.store.reading import text_ids
from bot.store.scripts import LuaScript
from bot.store.transition import encode_job

_MARKER = "-"
"""A member of the index of unfinished jobs that is not a job. Without it, the index is incomplete."""
_BUILDING, _COMPLETE = 1, 0
"""Scores of the marker."""
_PAGE = 500
_MAX_COMPARISONS = 100
"""In one run, in case another program keeps removing jobs. Each returns up to 1,000 lost jobs."""
_UNSENT = {
    state.encode()
    for state in (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.RETRYING)
}


class Reconciliation:
    """Compares the queue with an index of unfinished jobs. A job is in both until it is done.

    An incomplete index is rebuilt from the events: after an upgrade from 0.3.0, which had none, or
    after Redis evicted it. Each process also rebuilds it once, in case a job is missing from both.
    """

    def __init__(self, redis: Redis, retention: timedelta, *, old_queue: str = OLD_QUEUE) -> None:
        self._redis = redis
        self._retention = retention
        self._old_queue = old_queue
        self._index_built = False
        self._reconcile = LuaScript(redis, "reconcile")
        self._restore_job = LuaScript(redis, "restore_job")

    async def run(self, now: datetime) -> list[str]:
        """Enqueue lost jobs again, and return their ids; take over the jobs of release 0.3.0.

        Costs one command if nothing is lost, except for the first run of a process, which reads all events.
        """
        restored: list[str] = []
        for _ in range(_MAX_COMPARISONS):
            complete, lost = await self.find_lost()
            enqueued = [lost_id for lost_id in lost if await self.restore_job(lost_id, now)]
            restored += enqueued
            if not enqueued:
                break
        if not complete or not self._index_built:
            restored += [job async for job in self._build_index(now)]
        return restored

    async def find_lost(self) -> tuple[bool, list[str]]:
        """Take over the jobs of release 0.3.0, and compare the queue with the index.

        Returns whether the index is complete, and the ids of up to 1,000 jobs that the queue has lost.
        """
        complete, lost = await self._reconcile(
            [QUEUE, keys.UNFINISHED],
            [self._old_queue, OLD_LEASE_KEY, _MARKER, *(f"{task}:" for task in Task)],
        )
        return bool(complete), text_ids(lost)

    async def restore(self, event_id: str, now: datetime) -> list[str]:
        """Enqueue the lost jobs of one event again, and return their ids."""
        awaited = await self._awaited_jobs([event_id])
        return [job for job, key in awaited.items() if await self.restore_job(job, now, key)]

    async def restore_job(self, lost_id: str, now: datetime, awaited_by: str = "") -> bool:
        """Enqueue the job again; False if it is in the queue, finished, or not known to this release.

        `awaited_by` is the key of the event or delivery that waits for the job. Without it, a job is
        unfinished as long as it is in the index.
        """
        task, _, argument = lost_id.partition(":")
        if task not in {*Task}:
            return False
        lost = new_job(Task(task), argument, now=now)
        names = [QUEUE, keys.UNFINISHED, lost.key, awaited_by or keys.UNFINISHED]
        encoded = json.dumps(encode_job(lost, self._retention))
        args = [encoded, "" if awaited_by else "1", self._old_queue]
        return bool(await self._restore_job(names, args))

    async def _build_index(self, now: datetime) -> AsyncIterator[str]:
        """Enqueue every awaited job that is in no queue, yield its id, and mark the index complete."""
        await self._redis.zadd(keys.UNFINISHED, {_MARKER: _BUILDING})
        start = 0
        while page := await self._redis.zrevrange(keys.LOG, start, start + _PAGE - 1):
            for job, key in (await self._awaited_jobs(text_ids(page))).items():
                if await self.restore_job(job, now, key):
                    yield job
            start += _PAGE
        # If the index was removed in the meantime, so was its marker, and the next run builds it again.
        await self._redis.zadd(keys.UNFINISHED, {_MARKER: _COMPLETE}, xx=True)
        self._index_built = True

    async def _awaited_jobs(self, event_ids: Sequence[str]) -> dict[str, str]:
        """Return by job id the key of the event or delivery that waits for the job."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for event_id in event_ids:
                pipe.hget(keys.event(event_id), "state")
                pipe.lrange(keys.deliveries(event_id), 0, -1)
            rows = await _replies(pipe)
        states, lists = rows[::2], [row for row in rows[1::2] if isinstance(row, list)]
        ids = text_ids(raw for row in lists for raw in row)
        deliveries = [keys.delivery(delivery_id) for delivery_id in ids]
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in deliveries:
                pipe.hmget(key, ["state", "owner"])
            rows = await _replies(pipe)
        awaited = {
            job_id(Task.EVENT, event_id): keys.event(event_id)
            for event_id, state in zip(event_ids, states, strict=True)
            if state == EventState.ACCEPTED.encode()
        }
        for key, row in zip(deliveries, rows, strict=True):
            state, owner = row if isinstance(row, list) else (None, None)
            if owner and state in _UNSENT:
                awaited |= dict.fromkeys(text_ids([owner]), key)
        return awaited


async def _replies(pipe: Pipeline) -> list[Any]:
    """Return the reply to each command, or its error if the key has the wrong type."""
    replies: list[Any] = await pipe.execute(raise_on_error=False)
    for reply in replies:
        if isinstance(reply, Exception) and not str(reply).startswith("WRONGTYPE"):
            raise reply
    return replies
