"""The worker: takes jobs as they become due, and runs them under leases."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from bot.clock import pause
from bot.errors import CorruptRecord, LeaseLost
from bot.store.commit import DONE, End
from bot.store.outage import RedisOutage
from bot.store.queue import JobId
from bot.store.retry import retry_while_unavailable
from bot.worker.jobs import WorkerTasks
from bot.worker.lease_renewal import LeaseRenewal
from bot.worker.running import RunningJob
from bot.worker.timings import PRODUCTION, WorkerTimings

_MAX_JOBS = 50
"""How many jobs run at a time."""
_CANCEL_INTERVAL = 0.1
"""In seconds."""

_log = structlog.get_logger()


class Worker:
    """Runs jobs until it is told to stop, and waits for Redis to come back instead of exiting.

    A job leaves the queue only when its run has completed. A task that this release does not know stays
    in the queue for a newer worker. The job's id contains everything that is needed, so the serialized
    job is not read. `monotonic` gives seconds.
    """

    def __init__(
        self,
        tasks: WorkerTasks,
        *,
        timings: WorkerTimings = PRODUCTION,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tasks = tasks
        self._queue = tasks.store.queue
        self._timings = timings
        self._monotonic = monotonic
        self._outage = RedisOutage(tasks.store.redis)
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        """Set when there may be a job to take: one was enqueued, or there is room for one that waits."""
        self._may_listen = asyncio.Event()
        self._more_due = False
        self._running: dict[JobId, RunningJob] = {}
        self._renewal = LeaseRenewal(self._queue, self._running, timings, monotonic)
        self._reconciliation: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Take no more jobs, finish the running ones, and return from `run`."""
        self._stopping.set()
        self._wake.set()
        self._may_listen.set()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    async def run(self) -> None:
        """Run jobs until `stop` is called."""
        finished = asyncio.Event()
        renewal = asyncio.create_task(self._renewal.keep(finished))
        listener = asyncio.create_task(self._listen())
        try:
            await self._take_until_stopped()
        finally:
            while not listener.done():  # redis-py can swallow a cancellation
                listener.cancel()
                await asyncio.wait({listener}, timeout=_CANCEL_INTERVAL)
            with suppress(RedisError, OSError):
                async with asyncio.timeout(self._timings.requeue_timeout.total_seconds()):
                    await self._queue.wake_another()
            await self._finish()
            finished.set()
            await renewal

    async def _take_until_stopped(self) -> None:
        while not self.is_stopping:
            self._wake.clear()
            try:
                idle_for = await self._take()
            except Exception as fault:  # noqa: BLE001  # go on after any error
                self._log_error("worker failed", fault)
                with suppress(RedisError, OSError):
                    pool = self._tasks.store.redis.connection_pool
                    await pool.disconnect(inuse_connections=False)
                await pause(self._timings.retry_after_fault.total_seconds(), self._stopping)
            else:
                self._outage.answered()
                await pause(idle_for.total_seconds(), self._wake)

    def _log_error(self, event: str, error: Exception) -> None:
        """Log that Redis is unavailable, or the event with an error that has another cause."""
        if isinstance(error, RedisError | OSError):
            self._outage.failed(error)
        else:
            _log.error(event, exc_info=error)

    async def _take(self) -> timedelta:
        """Take as many due jobs as there is room for; return how long to wait for others."""
        room = _MAX_JOBS - len(self._running)
        asked_at = self._monotonic()
        timings = self._timings
        taken = await self._queue.take(room, timings.lease_duration, timings.heartbeat_lifetime)
        for job in taken.jobs:
            self._start(RunningJob(job, asked_at, timings, self._monotonic))
        if taken.unreadable:
            _log.error("unreadable ids removed from the queue", ids=taken.unreadable)
        if taken.reconcile and (self._reconciliation is None or self._reconciliation.done()):
            self._reconciliation = asyncio.create_task(self._reconcile())
        idle_for = timings.heartbeat_interval
        self._more_due = taken.next_due == timedelta()
        if self._more_due:
            self._may_listen.clear()  # a job that ends makes room
            if len(self._running) < _MAX_JOBS:
                self._wake.set()
        else:
            self._may_listen.set()
            idle_for = min(idle_for, taken.next_due or idle_for)
        return idle_for

    async def _listen(self) -> None:
        """Wake the loop when a job is enqueued, while there is room for one."""
        while not self.is_stopping:
            await self._may_listen.wait()
            if self.is_stopping:
                return
            try:
                if await self._queue.wait(self._timings.heartbeat_interval):
                    self._wake.set()
            except Exception as error:  # noqa: BLE001  # go on after any error
                self._log_error("listener failed", error)
                await pause(self._timings.retry_after_fault.total_seconds(), self._stopping)

    def _start(self, job: RunningJob) -> None:
        earlier = self._running.get(job.run.job)
        if earlier is not None:
            earlier.lose()
        self._running[job.run.job] = job
        job.task = asyncio.create_task(self._run(job))
        job.task.add_done_callback(lambda _: self._ended(job))

    def _ended(self, job: RunningJob) -> None:
        if self._running.get(job.run.job) is job:
            del self._running[job.run.job]
        if self._more_due:
            self._wake.set()

    async def _run(self, job: RunningJob) -> None:
        """Run the job, and end its run unless it has ended with its last delivery. Raises nothing."""
        end = await self._end_of(job)
        if end is None:
            return

        async def end_run() -> bool:
            await self._tasks.store.commits.end(job.run, end)
            return True

        with suppress(LeaseLost):
            await retry_while_unavailable(
                end_run, job.check_lease, self._timings.redis_retry_interval
            )

    async def _end_of(self, job: RunningJob) -> End | None:
        """Run the job; return how to end its run, None if it has ended."""
        timings, job_id = self._timings, job.run.job.logged
        try:
            async with asyncio.timeout(timings.job_timeout.total_seconds()):
                return await self._tasks.run(job)
        except LeaseLost:
            _log.warning("lease lost", job_id=job_id)
            return End(timings.retry_after_fault)  # if it is still held
        except (RedisError, OSError) as fault:
            _log.warning("job interrupted", job_id=job_id, fault=type(fault).__name__)
            return End(timings.retry_after_fault)
        except CorruptRecord as error:
            _log.error("job given up", job_id=job_id, reason=str(error))
            return DONE
        except asyncio.CancelledError:
            _log.warning("job stopped", job_id=job_id)
            return End(timedelta())
        except Exception:  # noqa: BLE001  # the job stays in the queue until a release fixes the bug
            _log.exception("job failed", job_id=job_id)
            return End(timings.retry_after_bug)

    async def _reconcile(self) -> None:
        try:
            now = self._tasks.clock()
            restored = await self._tasks.store.reconciliation.run(now)
            await self._tasks.store.places.prune(now)
        except (RedisError, OSError) as fault:
            _log.warning("queue not reconciled", fault=type(fault).__name__)
        except Exception:  # noqa: BLE001  # the next reconciliation tries again
            _log.exception("reconciliation failed")
        else:
            if restored:
                _log.warning(
                    "lost jobs enqueued again",
                    jobs=len(restored),
                    first=JobId.parse(restored[0]).logged,
                )

    async def _finish(self) -> None:
        """Wait for the running jobs; cancel those that take too long, which requeues them."""
        tasks = {job.task for job in self._running.values() if job.task}
        _log.info("worker stopping", running=len(tasks))
        if self._reconciliation is not None:
            tasks.add(self._reconciliation)
        if tasks:
            timeout = self._timings.shutdown_timeout.total_seconds()
            _, late = await asyncio.wait(tasks, timeout=timeout)
            for task in late:
                task.cancel()
            if late:
                timeout = self._timings.requeue_timeout.total_seconds()
                await asyncio.wait(late, timeout=timeout)
