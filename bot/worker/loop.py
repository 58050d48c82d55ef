"""The worker: an arq worker with leases, and the loop that keeps it running whatever Redis does."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.utils import poll
from arq.worker import Worker, func
from redis.exceptions import RedisError

from bot.clock import pause, utc_now
from bot.errors import BotError, CorruptRecord, LeaseLost, TryAgain
from bot.store.leases import Leases
from bot.store.outage import RedisOutage
from bot.store.queue import QUEUE, Task
from bot.worker.jobs import WorkerTasks
from bot.worker.lease import LEASE, Lease

JOB_COMPLETION_WAIT = timedelta(seconds=20)
"""How long SIGTERM waits for what runs; Heroku kills after 30 seconds."""
_PUT_BACK_SECONDS = 3
_POLL_SECONDS = 0.1
_HEARTBEAT_SECONDS = 5
"""Also what turns a Redis that was demoted to a replica into an error instead of silence."""
_MAX_JOBS = 20
_JOB_SECONDS = 2 * 60 * 60
"""A backstop: more than all the timeouts of one mail together, and leases are renewed meanwhile."""
_RECONCILIATION = "reconciliation"
"""Among the running tasks, so that stopping waits for it."""
_AFTER_A_FAULT = timedelta(seconds=1)
_AFTER_A_BUG = timedelta(minutes=1)

Run = Callable[[str, Lease], Awaitable[None]]

_log = structlog.get_logger()


class Stopped(BotError):
    """The worker was told to stop, and takes no more jobs."""


class LeasedWorker(Worker):
    """arq's worker, which starts and ends jobs in ways of our own.

    A running job holds a short lease instead of a mark of job timeout + 10 s. A job leaves the queue
    only when our code said that it is done: arq drops it after any exception, a timeout or too many
    tries. A task that this version does not know waits for a worker that does. A job's id says all
    that there is to know, so its blob is not read.
    """

    def __init__(
        self,
        jobs: WorkerTasks,
        redis: ArqRedis,
        stopping: asyncio.Event,
        polled: Callable[[], None] = lambda: None,
    ) -> None:
        runs: dict[Task, Run] = {
            Task.EVENT: jobs.handle_event,
            Task.DELIVERY: jobs.retry_delivery,
            Task.DEAD_LETTER: jobs.report_dead_letter,
        }
        super().__init__(
            functions=[func(_function(run), name=task) for task, run in runs.items()],
            queue_name=QUEUE,
            redis_pool=redis,
            handle_signals=False,
            health_check_interval=_HEARTBEAT_SECONDS,
        )
        self._jobs = jobs
        self._leases = Leases(redis, round(LEASE / timedelta(milliseconds=1)))
        self._stopping = stopping
        self._polled = polled

    async def main(self) -> None:
        """Poll until told to stop, and call `polled` after each poll that Redis answered.

        arq's own begins with INFO, which managed services forbid.

        Raises:
            Stopped: when told to stop.
            redis.RedisError: when Redis is away.
        """
        async for _ in poll(_POLL_SECONDS):
            await self._poll_iteration()
            self._polled()

    async def _poll_iteration(self) -> None:
        """Start what is due, as far as there is room.

        arq marks a job as running before it starts it, by the worker's own clock; if the reply to
        that is lost, nobody runs the job until the mark is gone. Here a job is run by whoever has its
        lease, and is due when Redis' clock says so.
        """
        if self._stopping.is_set():
            raise Stopped
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
            restored = await self._jobs.store.reconciliation.run(utc_now())
        except (RedisError, OSError) as fault:
            _log.warning("queue not reconciled", fault=type(fault).__name__)
        else:
            if restored:
                _log.warning("lost jobs enqueued again", jobs=len(restored), first=restored[0])

    async def run_job(self, job_id: str, score: float) -> None:
        """Run the job under its lease, and drop it or put it back as its run says."""
        lease = Lease(self._leases, job_id, score)
        try:
            if not await lease.take():
                return
        except (RedisError, OSError) as fault:
            _log.warning("job not started", job_id=job_id, fault=type(fault).__name__)
            await lease.end()
            return
        running = asyncio.create_task(self._guard(lease))
        async with lease.renewing(on_loss=lambda: _cancel(running)):
            try:
                await asyncio.wait({running}, timeout=_JOB_SECONDS)
            except asyncio.CancelledError:
                _log.warning("job stopped", job_id=job_id)
            if not running.done():
                running.cancel()
                await asyncio.wait({running})
        await lease.end()

    async def _guard(self, lease: Lease) -> None:
        """Run the job, and note on its lease what is to become of it. Raises nothing."""
        task, _, subject_id = lease.job_id.partition(":")
        function = self.functions.get(task)
        if function is None:
            lease.job_runs_again(_AFTER_A_BUG)  # a newer release's: a worker of it will come
            return
        lease.job_runs_again(_AFTER_A_FAULT)
        try:
            await function.coroutine({"lease": lease}, subject_id)
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
            lease.job_runs_again(_AFTER_A_BUG)
        else:
            lease.job_is_done()


def _function(run: Run) -> WorkerCoroutine:
    """The run as arq has its functions: what is not an argument is in the context."""

    async def call(ctx: dict[Any, Any], subject_id: str) -> None:
        await run(subject_id, ctx["lease"])

    return call


def _cancel(run: asyncio.Task[None]) -> None:
    _log.warning("lease lost while running")
    run.cancel()


class Supervisor:
    """Runs one worker after another until told to stop: a lost Redis is waited for, not died of."""

    def __init__(self, jobs: WorkerTasks) -> None:
        self._jobs = jobs
        self._redis = ArqRedis(jobs.store.redis.connection_pool)
        self._outage = RedisOutage(jobs.store.redis)
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[Any]] = set()

    def stop(self) -> None:
        """Take no more jobs, and end what runs."""
        self._stopping.set()

    @property
    def told_to_stop(self) -> bool:
        return self._stopping.is_set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            worker = LeasedWorker(
                self._jobs, self._redis, self._stopping, polled=self._outage.answered
            )
            try:
                await worker.main()
            except Stopped:
                pass
            except (RedisError, OSError) as fault:
                self._outage.failed(fault)
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                await pause(_AFTER_A_FAULT.total_seconds(), self._stopping)
            except Exception:  # noqa: BLE001  # a worker that is gone helps nobody: begin again
                _log.exception("worker failed")
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                await pause(_AFTER_A_FAULT.total_seconds(), self._stopping)
            running = self._running | set(worker.tasks.values())
            self._running = {task for task in running if not task.done()}
        await self._finish()

    async def _finish(self) -> None:
        """Wait for what runs; what takes too long is put back for another worker."""
        running = {task for task in self._running if not task.done()}
        _log.info("worker stopping", running=len(running))
        if running:
            _, late = await asyncio.wait(running, timeout=JOB_COMPLETION_WAIT.total_seconds())
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=_PUT_BACK_SECONDS)
