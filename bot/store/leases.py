"""Short leases on running jobs: a killed worker's jobs are free again within seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from bot.store import keys
from bot.store.queue import JOB_KEY, LEASE_KEY, QUEUE
from bot.store.reading import text_id
from bot.store.scripts import LuaScript


@dataclass(frozen=True, slots=True)
class Due:
    """Jobs that are due and nobody's, each with its due_ms; and whether to reconcile the queue now.

    The due_ms is what the queue has, which need not be a whole number: scripts compare it.
    """

    jobs: list[tuple[str, float]]
    reconcile: bool
    unreadable: int
    """How many ids were removed from the queue since they were not text."""


class Leases:
    """A running job is marked by a key that belongs to one run of it, and expires by itself."""

    def __init__(
        self,
        redis: Redis,
        lease_ms: int,
        *,
        reconcile_every: timedelta = timedelta(seconds=30),
    ) -> None:
        self._redis = redis
        self._lease_ms = lease_ms
        self._reconcile_every_ms = round(reconcile_every / timedelta(milliseconds=1))
        self._due = LuaScript(redis, "lease_due")
        self._take = LuaScript(redis, "lease_take")
        self._renew = LuaScript(redis, "lease_renew")
        self._finish = LuaScript(redis, "lease_finish")

    async def due(self, count: int) -> Due:
        """At most `count` jobs. One worker of all is told to reconcile, once in the interval."""
        names = [QUEUE, keys.RECONCILED]
        reconcile, *flat = await self._due(names, [count, LEASE_KEY, self._reconcile_every_ms])
        pairs = list(zip(flat[::2], flat[1::2], strict=True))
        read = [(text_id(raw), float(due_ms)) for raw, due_ms in pairs]
        jobs = [(job_id, due_ms) for job_id, due_ms in read if job_id is not None]
        unreadable = [raw for raw, _ in pairs if text_id(raw) is None]
        if unreadable:
            await self._remove(unreadable)
        return Due(jobs, bool(reconcile), len(unreadable))

    async def _remove(self, job_ids: Sequence[bytes]) -> None:
        """Nobody could run them, and they would stay at the head of the queue."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in (QUEUE, keys.UNFINISHED):
                pipe.zrem(key, *job_ids)
            await pipe.execute()

    async def take(self, job_id: str, token: str, due_ms: float) -> bool:
        """Make the job that is due then ours; False if it is another worker's, done, or put off."""
        names, lease = [LEASE_KEY + job_id, QUEUE], self._lease_ms
        return bool(await self._take(names, [token, lease, job_id, due_ms]))

    async def renew(self, job_id: str, token: str) -> bool:
        """Hold on to the job; False if it is no longer ours."""
        return bool(await self._renew([LEASE_KEY + job_id], [token, self._lease_ms]))

    async def finish(self, job_id: str, token: str, due_ms: float) -> bool:
        """The job that was due then is done; False if it is no longer ours to end."""
        return await self._end(job_id, token, due_ms, "done")

    async def put_back(self, job_id: str, token: str, due_ms: float, delay_ms: int) -> bool:
        """The job that was due then is to run again: after so long, or at once if that is 0.

        False if it is no longer ours to end.
        """
        return await self._end(job_id, token, due_ms, str(delay_ms))

    async def _end(self, job_id: str, token: str, due_ms: float, how: str) -> bool:
        names = [LEASE_KEY + job_id, JOB_KEY + job_id, QUEUE, keys.UNFINISHED]
        return bool(await self._finish(names, [token, job_id, due_ms, how]))
