"""Renews the leases of running jobs."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog
from redis.exceptions import RedisError

from bot.clock import pause
from bot.store.job_queue import JobQueue
from bot.store.queue import JobId
from bot.worker.running import RunningJob
from bot.worker.timings import WorkerTimings

_log = structlog.get_logger()


class LeaseRenewal:
    """Renews the leases of all jobs in `running` together, and stops those whose lease is lost.

    `monotonic` gives seconds.
    """

    def __init__(
        self,
        queue: JobQueue,
        running: Mapping[JobId, RunningJob],
        timings: WorkerTimings,
        monotonic: Callable[[], float],
    ) -> None:
        self._queue = queue
        self._running = running
        self._timings = timings
        self._monotonic = monotonic

    async def keep(self, finished: asyncio.Event) -> None:
        """Renew the leases at intervals, until `finished` is set."""
        interval = self._timings.renewal_interval
        while not await pause(interval.total_seconds(), finished):
            jobs = list(self._running.values())
            interval = self._timings.renewal_interval
            try:
                expired = await self._renew(jobs)
                # Of a run that ended at the same time, the lease is gone as well.
                expired = await self._renew([job for job in expired if self._is_running(job)])
            except Exception as error:  # noqa: BLE001  # go on after any error
                if not isinstance(error, RedisError | OSError):
                    _log.exception("leases not renewed")
                interval = self._timings.redis_retry_interval
                expired = [job for job in jobs if job.is_expired]
            for job in expired:
                if self._is_running(job):
                    _log.warning("lease lost while running", job_id=job.run.job.logged)
                    job.lose()

    def _is_running(self, job: RunningJob) -> bool:
        return self._running.get(job.run.job) is job

    async def _renew(self, jobs: Sequence[RunningJob]) -> list[RunningJob]:
        """Renew the leases of these jobs; return those whose lease was lost."""
        if not jobs:
            return []
        asked_at = self._monotonic()
        lost = await self._queue.renew([job.run for job in jobs], self._timings.lease_duration)
        for job in jobs:
            if job.run.job not in lost:
                job.renewed(asked_at)
        return [job for job in jobs if job.run.job in lost]
