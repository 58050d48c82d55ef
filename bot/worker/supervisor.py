"""Keeps a worker running until it is told to stop."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from redis.exceptions import RedisError

from bot.clock import pause
from bot.store.outage import RedisOutage
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import LeasedWorker
from bot.worker.timings import PRODUCTION, WorkerTimings

NewWorker = Callable[..., LeasedWorker]
"""Takes the arguments of `LeasedWorker`."""

_log = structlog.get_logger()


class Supervisor:
    """Runs a worker until told to stop, and starts a new one after any error.

    Waits for Redis to come back instead of exiting.
    """

    def __init__(
        self,
        jobs: WorkerTasks,
        *,
        timings: WorkerTimings = PRODUCTION,
        new_worker: NewWorker = LeasedWorker,
    ) -> None:
        self._jobs = jobs
        self._timings = timings
        self._new_worker = new_worker
        self._outage = RedisOutage(jobs.store.redis)
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[Any]] = set()

    def stop(self) -> None:
        """Take no more jobs, finish the running ones, and return from `run`."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    async def run(self) -> None:
        """Run workers until `stop` is called."""
        while not self._stopping.is_set():
            worker = self._new_worker(
                self._jobs, self._stopping, timings=self._timings, on_poll=self._outage.answered
            )
            try:
                await worker.main()
            except (RedisError, OSError) as fault:
                self._outage.failed(fault)
                await self._wait_before_restart()
            except Exception:  # noqa: BLE001  # restart the loop after any error
                _log.exception("worker failed")
                await self._wait_before_restart()
            running = self._running | set(worker.tasks.values())
            self._running = {task for task in running if not task.done()}
        await self._finish()

    async def _wait_before_restart(self) -> None:
        await self._jobs.store.redis.connection_pool.disconnect(inuse_connections=False)
        await pause(self._timings.retry_after_fault.total_seconds(), self._stopping)

    async def _finish(self) -> None:
        """Wait for the running jobs; cancel those that take too long, which requeues them."""
        running = {task for task in self._running if not task.done()}
        _log.info("worker stopping", running=len(running))
        if not running:
            return
        timeout = self._timings.shutdown_timeout.total_seconds()
        _, late = await asyncio.wait(running, timeout=timeout)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=self._timings.requeue_timeout.total_seconds())
