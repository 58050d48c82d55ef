"""Short leases on running jobs, which free a killed worker's jobs within seconds."""

from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from bot.store import keys
from bot.store.queue import JOB_KEY, LEASE_KEY, QUEUE
from bot.store.scripts import LuaScript

_RECONCILIATION_INTERVAL_MS = 30_000


@dataclass(frozen=True, slots=True)
class Due:
    """Due jobs without a lease, each with its due_ms; and whether to reconcile the queue now.

    due_ms is the score in the queue, which scripts compare; it may have a fraction.
    """

    jobs: list[tuple[str, float]]
    reconcile: bool
    unreadable: int
    """How many ids were removed from the queue because they were not text."""


class Leases:
    """A lease is a key that belongs to one run of a job, and expires by itself."""

    def __init__(self, redis: Redis, lease_ms: int) -> None:
        self._redis = redis
        self._lease_ms = lease_ms
        self._due = LuaScript(redis, "lease_due")
        self._take = LuaScript(redis, "lease_take")
        self._renew = LuaScript(redis, "lease_renew")
        self._finish = LuaScript(redis, "lease_finish")

    async def due(self, count: int) -> Due:
        """Return at most `count` due jobs. One worker is told to reconcile in each interval."""
        names = [QUEUE, keys.RECONCILED]
        reconcile, *flat = await self._due(names, [count, LEASE_KEY, _RECONCILIATION_INTERVAL_MS])
        jobs: list[tuple[str, float]] = []
        unreadable: list[bytes] = []
        for raw, due_ms in zip(flat[::2], flat[1::2], strict=True):
            try:
                jobs.append((raw.decode(), float(due_ms)))
            except UnicodeDecodeError:
                unreadable.append(raw)
        if unreadable:  # no worker could run them, and they would stay at the head of the queue
            await self._redis.zrem(QUEUE, *unreadable)
            await self._redis.zrem(keys.UNFINISHED, *unreadable)
        return Due(jobs, bool(reconcile), len(unreadable))

    async def take(self, job_id: str, token: str, due_ms: float) -> bool:
        """Take the lease of a job that is still due then; False if it is held, done or postponed."""
        names, lease = [LEASE_KEY + job_id, QUEUE], self._lease_ms
        return bool(await self._take(names, [token, lease, job_id, due_ms]))

    async def renew(self, job_id: str, token: str) -> bool:
        """Renew the lease; False if it was lost."""
        return bool(await self._renew([LEASE_KEY + job_id], [token, self._lease_ms]))

    async def finish(
        self, job_id: str, token: str, due_ms: float, again_after: timedelta | None = None
    ) -> bool:
        """Remove the job, or make it due again after a delay; False if the lease was lost.

        After a delay of 0, it keeps its due time. A job that was rescheduled during its run stays
        in the queue with its new time.
        """
        names = [LEASE_KEY + job_id, JOB_KEY + job_id, QUEUE, keys.UNFINISHED]
        delay = "done" if again_after is None else round(again_after / timedelta(milliseconds=1))
        return bool(await self._finish(names, [token, job_id, due_ms, delay]))
