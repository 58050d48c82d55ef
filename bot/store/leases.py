"""Short leases on running jobs: a killed worker's jobs are free again within seconds."""

from redis.asyncio import Redis

from bot.queue import IN_PROGRESS_KEY, JOB_KEY, QUEUE, TRIES_KEY
from bot.store.scripts import Script


class Leases:
    """arq marks a running job by a key that anyone may touch; a lease gives that key an owner."""

    def __init__(self, redis: Redis, lease_ms: int) -> None:
        self._lease_ms = lease_ms
        self._due = Script(redis, "lease_due")
        self._take = Script(redis, "lease_take")
        self._renew = Script(redis, "lease_renew")
        self._finish = Script(redis, "lease_finish")

    async def due(self, count: int) -> list[tuple[str, int]]:
        """The ids of at most `count` jobs that are due and nobody's, each with its due_ms."""
        flat = await self._due([QUEUE], [count, IN_PROGRESS_KEY])
        pairs = zip(flat[::2], flat[1::2], strict=True)
        return [(job_id.decode(), int(float(due_ms))) for job_id, due_ms in pairs]

    async def take(self, job_id: str, token: str, due_ms: int) -> bool:
        """Make the job that is due then ours; False if it is another worker's, done, or put off."""
        names, lease = [IN_PROGRESS_KEY + job_id, QUEUE], self._lease_ms
        return bool(await self._take(names, [token, lease, job_id, due_ms]))

    async def renew(self, job_id: str, token: str) -> bool:
        """Hold on to the job; False if it is no longer ours."""
        return bool(await self._renew([IN_PROGRESS_KEY + job_id], [token, self._lease_ms]))

    async def finish(self, job_id: str, token: str, due_ms: int) -> bool:
        """The job that was due then is done; False if it is no longer ours to end."""
        return await self._end(job_id, token, due_ms, "done")

    async def put_back(self, job_id: str, token: str, due_ms: int, delay_ms: int) -> bool:
        """The job that was due then is to run again: after so long, or at once if that is 0.

        False if it is no longer ours to end.
        """
        return await self._end(job_id, token, due_ms, str(delay_ms))

    async def _end(self, job_id: str, token: str, due_ms: int, how: str) -> bool:
        names = [IN_PROGRESS_KEY + job_id, JOB_KEY + job_id, TRIES_KEY + job_id, QUEUE]
        return bool(await self._finish(names, [token, job_id, due_ms, how]))
