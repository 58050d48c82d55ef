"""Finds unfinished jobs that are missing from the queue, and enqueues them again.

A job can disappear without having run: by eviction, by a flush, or because a worker of another arq
application took it. The event that waits for it is still in the store.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from pydantic_core import to_json
from redis.asyncio import Redis

from bot.errors import CorruptRecord
from bot.store import keys
from bot.store.migration import Migration, is_old
from bot.store.queue import JOB_KEYS, JOBS, JobId, Task, encode_job
from bot.store.reading import read_hashes, text_ids
from bot.store.scripts import LuaScript, ScriptRunner
from bot.store.stored_event import TRAIL, Fields, StoredEvent, awaited_jobs, decode_event
from bot.store.waiting import Waiting

_COMPLETE = "-"
"""A member of the index of jobs that is not a job. Without it, the index is incomplete."""
_PAGE = 500
_MAX_COMPARISONS = 100
"""In one run, in case another program keeps removing jobs. Each returns up to 1,000 lost jobs."""


class Reconciliation:
    """Compares the queue with the index of all jobs. A job is in both until it is done.

    An incomplete index, for example after Redis evicted it, is rebuilt from the events. Each process also
    rebuilds it once, in case a job is missing from both. Events of older releases are migrated.
    """

    def __init__(self, redis: Redis, runner: ScriptRunner, retention: timedelta) -> None:
        self._redis = redis
        self._runner = runner
        self._retention = retention
        self._migration = Migration(redis, runner, retention)
        self._waiting = Waiting(redis, retention)
        self._index_built = False
        self._reconcile = LuaScript("reconcile")
        self._restore_job = LuaScript("restore_job")

    async def run(self, now: datetime) -> list[str]:
        """Enqueue lost jobs again, and return their ids.

        Costs four commands if nothing is lost, except for the first run of a process, which reads all events.
        """
        restored = [job async for job in self._migrate_jobs(now)]
        for _ in range(_MAX_COMPARISONS):
            complete, lost = await self.find_lost()
            enqueued = [str(job) for job in lost if await self.restore_job(job, now)]
            restored += enqueued
            if not enqueued:
                break
        if not complete or not self._index_built:
            restored += [job async for job in self._build_index(now)]
        return restored

    async def find_lost(self) -> tuple[bool, list[JobId]]:
        """Return whether the index is complete, and up to 1,000 jobs that the queue has lost."""
        complete, lost = await self._runner.run(
            self._reconcile, JOB_KEYS, [to_json({"complete": _COMPLETE})]
        )
        found: list[JobId] = []
        for text in text_ids(lost):
            with suppress(ValueError):
                found.append(JobId.parse(text))
        return bool(complete), found

    async def restore(self, stored: StoredEvent, now: datetime) -> list[str]:
        """Enqueue the lost jobs of one event again, and return their ids."""
        awaited = awaited_jobs(stored)
        for delivery in stored.deliveries:
            if delivery.waits_for_destination:
                await self._waiting.restore(delivery)
        trail = len(stored.fields.get(TRAIL.encode(), b""))
        return [
            str(job)
            for job in awaited
            if await self.restore_job(job, now, awaited_by=stored.id, trail_length=trail)
        ]

    async def restore_job(
        self,
        lost: JobId,
        now: datetime,
        *,
        awaited_by: str | None = None,
        trail_length: int | None = None,
    ) -> bool:
        """Enqueue the job again; False if it is in the queue, running or finished.

        Unless it is `awaited_by` an event, a job is unfinished as long as it is in the index. With
        `trail_length`, that event's trail must still have as many bytes as when it was read.
        """
        job = encode_job(lost, now, self._retention)
        argument = {"job": job, "awaited": awaited_by is not None, "trail": trail_length}
        names = [*JOB_KEYS, keys.event(awaited_by or lost.event_id)]
        kept = {name: value for name, value in argument.items() if value is not None}
        return bool(await self._runner.run(self._restore_job, names, [to_json(kept)]))

    async def _build_index(self, now: datetime) -> AsyncIterator[str]:
        """Enqueue every awaited job that is lost, yield its id, and mark the index complete."""
        await self._redis.zadd(JOBS, {_COMPLETE: 1})
        start, migrated = 0, True
        while page := await self._redis.zrevrange(keys.LOG, start, start + _PAGE - 1):
            for event_id, fields in await self._read(text_ids(page)):
                with suppress(CorruptRecord):
                    if is_old(fields):
                        migrated &= await self._migration.run(event_id, fields, now)
                        continue
                    for job in await self.restore(decode_event(event_id, fields), now):
                        yield job
            start += _PAGE
        # If the index was removed in the meantime, so was its marker, and the next run builds it again.
        await self._redis.zadd(JOBS, {_COMPLETE: 0}, xx=True)
        self._index_built = migrated

    async def _migrate_jobs(self, now: datetime) -> AsyncIterator[str]:
        """Take over the jobs of older releases; yield the id of each event that had one."""
        waiting = await self._migration.events_with_jobs()
        for event_id, fields in await self._read(waiting):
            if not is_old(fields):
                continue
            self._index_built = False  # an older release may have finished others
            try:
                migrated = await self._migration.run(event_id, fields, now)
            except CorruptRecord:
                # The job makes a dead letter of it.
                job = JobId(Task.EVENT, event_id)
                migrated = await self.restore_job(job, now, awaited_by=event_id)
            if migrated:
                yield event_id

    async def _read(self, event_ids: Sequence[str]) -> list[tuple[str, Fields]]:
        rows = await read_hashes(self._redis, [keys.event(event_id) for event_id in event_ids])
        return [(event_id, row) for event_id, row in zip(event_ids, rows, strict=True) if row]
