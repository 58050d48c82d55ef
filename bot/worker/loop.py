"""An arq worker whose running jobs hold leases."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import cast

import structlog
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.utils import poll
from arq.worker import Worker, func
from redis.exceptions import RedisError

from bot.errors import CorruptRecord, LeaseLost, TryAgain
from bot.store.leases import Leases
from bot.store.queue import QUEUE, Task
from bot.worker.jobs import WorkerTasks
from bot.worker.lease import Lease
from bot.worker.timings import PRODUCTION, WorkerTimings

_MAX_JOBS = 20
_RECONCILIATION = "reconciliation"
"""Its name among the running tasks: stopping waits for it as it does for jobs."""

Run = Callable[[str, Lease], Awaitable[None]]
"""A task's function. Its argument is the id of an event or a delivery, or a dead letter."""

_log = structlog.get_logger()


class LeasedWorker(Worker):
    """arq's worker, with another way to start and end jobs.

    A running job holds a short lease; arq would lock it for its timeout plus 10 s. A job leaves the
    queue only when its run has completed; arq drops it after an exception, a timeout or too many
    attempts. A task that this version does not know stays in the queue for a newer worker. A job's
    id names its task and the task's argument, so the serialized job is not read.

    `on_poll` is called after each poll that Redis answered; `monotonic` gives seconds.
    """

    def __init__(
        self,
        jobs: WorkerTasks,
        stopping: asyncio.Event,
        *,
        timings: WorkerTimings = PRODUCTION,
        on_poll: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runs: dict[str, Run] = {
            Task.EVENT: jobs.handle_event,
            Task.DELIVERY: jobs.retry_delivery,
            Task.DEAD_LETTER: jobs.report_dead_letter,
        }
        super().__init__(
            # arq refuses to have no functions; this class never calls them through arq.
            functions=[func(cast("WorkerCoroutine", r), name=t) for t, r in self._runs.items()],
            queue_name=QUEUE,
            redis_pool=ArqRedis(jobs.store.redis.connection_pool),
            handle_signals=False,
            health_check_interval=timings.heartbeat_interval,
        )
        self._jobs = jobs
        self._timings = timings
        self._monotonic = monotonic
        lease_ms = round(timings.lease_duration / timedelta(milliseconds=1))
        self._leases = Leases(jobs.store.redis, lease_ms)
        self._stopping = stopping
        self._on_poll = on_poll

    async def main(self) -> None:
        """Poll until stopping is requested.

        arq's own `main` begins with INFO, which managed services forbid.

        Raises:
            redis.RedisError: when Redis is unavailable.
        """
        async for _ in poll(self._timings.poll_interval.total_seconds()):
            if self._stopping.is_set():
                return
            await self.poll_once()
            self._on_poll()

    async def poll_once(self) -> None:
        """Start the jobs that are due, up to the limit of jobs at a time.

        arq marks a job as running before it starts it, by the worker's own clock; if the reply to
        that is lost, the job waits until the mark expires. Here the holder of a job's lease runs it,
        and Redis' clock decides when it is due.
        """
        for job_id in [job_id for job_id, task in self.tasks.items() if task.done()]:
            self.tasks.pop(job_id).result()
        room = _MAX_JOBS - len(self.tasks)
        if room:
            due = await self._leases.due(room)
            if due.unreadable:
                _log.error("unreadable ids removed from the queue", ids=due.unreadable)
            for job_id, due_ms in due.jobs:
                if job_id not in self.tasks:
                    self.tasks[job_id] = asyncio.create_task(self.run_job(job_id, due_ms))
            if due.reconcile and _RECONCILIATION not in self.tasks:
                self.tasks[_RECONCILIATION] = asyncio.create_task(self._reconcile())
        await self.heart_beat()

    async def _reconcile(self) -> None:
        try:
            restored = await self._jobs.store.reconciliation.run(self._jobs.clock())
        except (RedisError, OSError) as fault:
            _log.warning("queue not reconciled", fault=type(fault).__name__)
        else:
            if restored:
                _log.warning("lost jobs enqueued again", jobs=len(restored), first=restored[0])

    async def run_job(self, job_id: str, due_ms: float) -> None:
        """Run the job under its lease, then remove it or return it to the queue."""
        lease = Lease(self._leases, job_id, due_ms, self._timings, self._monotonic)
        try:
            if not await lease.take():
                return
        except (RedisError, OSError) as fault:
            _log.warning("job not started", job_id=job_id, fault=type(fault).__name__)
            await lease.end()
            return
        running = asyncio.create_task(self._run(lease))

        def cancel() -> None:
            _log.warning("lease lost while running")
            running.cancel()

        async with lease.renewing(on_loss=cancel):
            try:
                await asyncio.wait({running}, timeout=self._timings.job_timeout.total_seconds())
            except asyncio.CancelledError:
                _log.warning("job stopped", job_id=job_id)
            if not running.done():
                running.cancel()
                await asyncio.wait({running})
        await lease.end()

    async def _run(self, lease: Lease) -> None:
        """Run the job, and tell its lease how to end. Raises nothing."""
        task, _, argument = lease.job_id.partition(":")
        run = self._runs.get(task)
        if run is None:
            lease.job_runs_again(self._timings.retry_after_bug)  # for a worker of a newer release
            return
        lease.job_runs_again(self._timings.retry_after_fault)
        try:
            await run(argument, lease)
        except TryAgain as again:
            lease.job_runs_again(again.after)
        except LeaseLost:
            _log.warning("lease lost", job_id=lease.job_id)
        except (RedisError, OSError) as fault:
            _log.warning("job interrupted", job_id=lease.job_id, fault=type(fault).__name__)
        except CorruptRecord as error:
            _log.error("job given up", job_id=lease.job_id, reason=str(error))
            lease.job_is_done()
        except asyncio.CancelledError:
            lease.job_runs_again(timedelta())
        except Exception:  # noqa: BLE001  # the job stays in the queue until a release fixes the bug
            _log.exception("job failed", job_id=lease.job_id)
            lease.job_runs_again(self._timings.retry_after_bug)
        else:
            lease.job_is_done()
