"""Runs a worker as a process of its own, or in the background of another one."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

import structlog
import uvloop

from bot.worker.jobs import WorkerTasks
from bot.worker.loop import Worker

Build = Callable[[], WorkerTasks]
"""Builds a worker's tasks in the running event loop; raises RegistryError for an invalid handler."""
NewWorker = Callable[[WorkerTasks], Worker]

_log = structlog.get_logger()


def run_worker(
    build: Build,
    *,
    new_worker: NewWorker = Worker,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
) -> None:
    """Run a worker until SIGTERM or SIGINT, as the only task of this process."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(supervise(build, new_worker=new_worker))


async def supervise(build: Build, *, new_worker: NewWorker = Worker) -> None:
    """Run a worker until SIGTERM or SIGINT; then let it finish its running jobs."""
    async with _worker(build, new_worker) as worker:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        await worker.run()


@asynccontextmanager
async def worker_in_background(
    build: Build, failed: Callable[[], None], *, new_worker: NewWorker = Worker
) -> AsyncIterator[None]:
    """Run a worker alongside something else in this process, for as long as the block lasts.

    SIGTERM and SIGINT reach the worker and the handler that was installed before, so that both
    finish at the same time, within the time that a platform grants. If the worker ends unexpectedly,
    call `failed` and raise SIGTERM, because the process would otherwise accept events and send nothing.
    """
    async with _worker(build, new_worker) as worker:
        with install_signal_handlers(worker.stop):
            task = asyncio.create_task(worker.run())
            task.add_done_callback(lambda _: _end_the_process(worker, failed))
            try:
                yield
            finally:
                worker.stop()
                await task


@asynccontextmanager
async def _worker(build: Build, new_worker: NewWorker) -> AsyncIterator[Worker]:
    """Open what a worker needs, and close it afterwards."""
    jobs = build()
    try:
        async with jobs.store.counters.flushing():
            yield new_worker(jobs)
    finally:
        await jobs.close()


def _end_the_process(worker: Worker, failed: Callable[[], None]) -> None:
    if not worker.is_stopping:
        _log.error("worker ended by itself")
        failed()
        signal.raise_signal(signal.SIGTERM)


@contextmanager
def install_signal_handlers(stop: Callable[[], None]) -> Iterator[None]:
    """Have `stop` called on SIGTERM and SIGINT, before the handlers that are installed already."""
    loop = asyncio.get_running_loop()
    previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        handler = previous[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in previous:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
