"""The worker: an arq worker with leases, and the loop that keeps it running whatever Redis does."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import structlog
from arq.connections import ArqRedis
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from bot.clock import utc_now
from bot.errors import BotError, CorruptRecord, LeaseLost, TryAgain
from bot.jobs import Jobs
from bot.lease import LEASE, Lease
from bot.pause import pause
from bot.queue import Task, deserialize, job, serialize
from bot.store.leases import Leases

JOB_COMPLETION_WAIT = timedelta(seconds=20)
"""How long SIGTERM waits for what runs; Heroku kills after 30 seconds."""
_PUT_BACK_SECONDS = 3
_POLL_SECONDS = 0.1
_HEARTBEAT_SECONDS = 5
"""Also what turns a Redis that was demoted to a replica into an error instead of silence."""
_MAX_JOBS = 20
_JOB_SECONDS = 120
_AFTER_A_FAULT = timedelta(seconds=1)
_AFTER_A_BUG = timedelta(minutes=1)
_WRITTEN_ANEW = timedelta(days=1)

Run = Callable[[str, Lease], Awaitable[None]]

_lease: ContextVar[Lease] = ContextVar("lease")
"""The lease of the run that asks. Not kept by job id: a run whose lease was lost can overlap the next
one of the same job, and must not touch what is the other's."""

_log = structlog.get_logger()


class Stopped(BotError):
    """The worker was told to stop, and takes no more jobs."""


class LeasedWorker(Worker):
    """arq's worker, with three things put right.

    A running job holds a short lease instead of a mark of job timeout + 10 s. A job leaves the queue
    only when our code said that it is done: arq drops it after any exception, a timeout or too many
    tries. And a task that this version does not know waits for a worker that does.
    """

    def __init__(self, jobs: Jobs, redis: ArqRedis, stopping: asyncio.Event) -> None:
        runs: dict[Task, Run] = {
            Task.EVENT: jobs.handle_event,
            Task.DELIVERY: jobs.retry_delivery,
            Task.DEAD_LETTER: jobs.report_dead_letter,
        }
        super().__init__(
            functions=[func(self._function(run), name=task) for task, run in runs.items()],
            redis_pool=redis,
            handle_signals=False,
            max_jobs=_MAX_JOBS,
            job_timeout=_JOB_SECONDS,
            keep_result=0,
            log_results=False,
            poll_delay=_POLL_SECONDS,
            max_tries=sys.maxsize,
            health_check_interval=_HEARTBEAT_SECONDS,
            job_serializer=serialize,
            job_deserializer=deserialize,
        )
        self._leases = Leases(redis, round(LEASE / timedelta(milliseconds=1)))
        self._stopping = stopping

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
        for job_id, due_ms in await self._leases.due(room) if room else ():
            if job_id not in self.tasks:
                self.tasks[job_id] = asyncio.create_task(self.run_job(job_id, due_ms))
        await self.heart_beat()

    def _function(self, run: Run) -> WorkerCoroutine:
        async def call(ctx: dict[Any, Any], subject_id: str) -> None:  # noqa: ARG001  # arq's signature
            lease, me = _lease.get(), asyncio.current_task()
            async with lease.renewing(on_loss=lambda: _cancel(me)):
                await self._guard(run, subject_id, lease)

        return call

    async def _guard(self, run: Run, subject_id: str, lease: Lease) -> None:
        """Run the job, and note on its lease what is to become of it. Raises nothing."""
        lease.job_runs_again(_AFTER_A_FAULT)
        try:
            await run(subject_id, lease)
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
            raise
        except Exception:  # noqa: BLE001  # arq would drop the job; it stays until a release mends us
            _log.exception("job failed", job_id=lease.job_id)
            lease.job_runs_again(_AFTER_A_BUG)
        else:
            lease.job_is_done()

    async def run_job(self, job_id: str, score: int) -> None:
        lease = Lease(self._leases, job_id, score)
        _lease.set(lease)
        try:
            if await lease.take():
                await super().run_job(job_id, score)
        except LeaseLost:
            _log.warning("lease lost", job_id=job_id)
        except (RedisError, OSError) as fault:
            _log.warning("job not started", job_id=job_id, fault=type(fault).__name__)
            await lease.end()

    async def finish_job(self, job_id: str, *_: object, **__: object) -> None:  # noqa: ARG002  # arq's signature
        await _lease.get().end()

    async def finish_failed_job(self, job_id: str, *result: object) -> None:  # noqa: ARG002  # arq's signature
        """Mend what arq could not start: its blob is gone or unreadable, or its task unknown here.

        A job's id says all that its blob does. A task that is unknown here is a newer release's.
        """
        lease = _lease.get()
        lease.ensure()
        task, _, subject_id = job_id.partition(":")
        if task in {*Task}:
            _log.warning("job written anew", job_id=job_id)
            anew = job(Task(task), subject_id, now=utc_now())
            await self.pool.set(anew.key, anew.blob, px=_WRITTEN_ANEW)
        else:
            lease.job_runs_again(_AFTER_A_BUG)
        await lease.end()


def _cancel(run: asyncio.Task[None] | None) -> None:
    _log.warning("lease lost while running")
    if run is not None:
        run.cancel()


class Supervisor:
    """Runs one worker after another until told to stop: a lost Redis is waited for, not died of."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._redis = ArqRedis(
            jobs.store.redis.connection_pool,
            job_serializer=serialize,
            job_deserializer=deserialize,
        )
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
            worker = LeasedWorker(self._jobs, self._redis, self._stopping)
            try:
                await worker.main()
            except Stopped:
                pass
            except (RedisError, OSError) as fault:
                _log.warning("waiting for redis", fault=type(fault).__name__)
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
