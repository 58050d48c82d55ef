"""Takes jobs from the queue under short leases, which free a killed worker's jobs within seconds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from pydantic_core import to_json
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.model import milliseconds
from bot.store import keys
from bot.store.commit import Run
from bot.store.connection import waiting_client
from bot.store.queue import HEARTBEAT, JOB_KEYS, JOBS, LEASES, QUEUE, RUNNING, WAKE, JobId
from bot.store.scripts import LuaScript, ScriptRunner
from bot.store.stored_event import Fields


@dataclass(frozen=True, slots=True)
class TakenJob:
    """A job that this worker runs now, with the hash of its event; empty if the event is not kept.

    `places_version` is that of `bot.store.places` when the job was taken.
    """

    run: Run
    fields: Fields
    places_version: bytes = b""


@dataclass(frozen=True, slots=True)
class Taken:
    """Jobs under a lease, and what to do next.

    `next_due` is how long it is until another job is due, None if none waits. `unreadable` counts ids
    that were removed because they are not a job's. One worker in each interval has to `reconcile`.
    """

    jobs: Sequence[TakenJob]
    next_due: timedelta | None
    reconcile: bool
    unreadable: int


class JobQueue:
    """The jobs of all workers."""

    def __init__(
        self,
        redis: Redis,
        runner: ScriptRunner,
        *,
        reconciliation_interval: timedelta = timedelta(seconds=30),
    ) -> None:
        self._redis = redis
        self._waiting: Redis | None = None
        self._runner = runner
        self._interval = reconciliation_interval
        self._token = _new_token()
        self._take = LuaScript("take")
        self._renew = LuaScript("renew")

    async def take(self, count: int, lease: timedelta, heartbeat: timedelta) -> Taken:
        """Take at most `count` due jobs, those that wait longest first, and leave a heartbeat.

        Raises:
            redis.RedisError: if it is unknown which jobs were taken; the next call returns them as well.
        """
        token = self._token
        argument = {
            "token": token,
            "count": count,
            "lease": milliseconds(lease),
            "heartbeat": "alive",
            "heartbeat_ttl": milliseconds(heartbeat),
            "reconciliation_interval": milliseconds(self._interval),
            "event_key": keys.event(""),
        }
        names = [*JOB_KEYS, HEARTBEAT, keys.RECONCILED, keys.PLACES_VERSION]
        reconcile, next_due, version, *rows = await self._runner.run(
            self._take, names, [to_json(argument)]
        )
        jobs: list[TakenJob] = []
        unreadable: list[bytes] = []
        for job_id, due_ms, flat in rows:
            try:
                run = Run(JobId.parse(job_id.decode()), token, float(due_ms))
            except ValueError:
                unreadable.append(job_id)
            else:
                fields = dict(zip(flat[::2], flat[1::2], strict=True))
                jobs.append(TakenJob(run, fields, version))
        if unreadable:
            await self._remove(unreadable)
        self._token = _new_token()
        until = timedelta(milliseconds=next_due) if next_due >= 0 else None
        return Taken(jobs, until, bool(reconcile), len(unreadable))

    async def renew(self, runs: Iterable[Run], lease: timedelta) -> frozenset[JobId]:
        """Renew the leases of all these runs; return the jobs whose lease was lost."""
        jobs = [{"id": str(run.job), "token": run.token} for run in runs]
        argument = {"lease": milliseconds(lease), "jobs": jobs}
        lost = await self._runner.run(self._renew, JOB_KEYS, [to_json(argument)])
        return frozenset(JobId.parse(job_id.decode()) for job_id in lost)

    async def wait(self, longest: timedelta) -> bool:
        """Return True as soon as a job is enqueued, or False after this time, in whole seconds of 1 or more.

        Uses a connection of its own, since Redis answers nothing else on it meanwhile.
        """
        if self._waiting is None:
            self._waiting = waiting_client(self._redis, longest)
        popped: Any = self._waiting.blpop([WAKE], timeout=max(1, round(longest.total_seconds())))
        try:
            return await popped is not None
        except RedisError:  # after a failover, this connection leads to a replica
            await self._waiting.connection_pool.disconnect()
            raise

    async def wake_another(self) -> None:
        """Wake another worker if jobs are due, since this one may have consumed the wake-up."""
        await self.take(0, timedelta(), timedelta())

    async def close(self) -> None:
        """Close the connection that `wait` uses."""
        if self._waiting is not None:
            await self._waiting.aclose()

    async def _remove(self, job_ids: Sequence[bytes]) -> None:
        """Remove ids that no worker could run, and that would stay at the head of the queue."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in (JOBS, QUEUE, RUNNING):
                pipe.zrem(key, *job_ids)
            pipe.hdel(LEASES, *job_ids)  # type: ignore[arg-type]  # redis-py takes bytes, too
            await pipe.execute()


def _new_token() -> str:
    """Return what identifies the runs of the jobs that are taken together."""
    return uuid4().hex[:16]
