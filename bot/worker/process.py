"""The worker as a process of its own, or beside something else in one."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from types import FrameType

import structlog
import uvloop

from bot.settings import Settings
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import Supervisor

_FLUSH_SECONDS = 1.0

_log = structlog.get_logger()


async def supervise(jobs: WorkerTasks) -> None:
    """Run until SIGTERM or SIGINT; then finish what runs, and leave nothing half-done."""
    supervisor = Supervisor(jobs)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(jobs.close)
        await stack.enter_async_context(jobs.store.counters.flushing(_FLUSH_SECONDS))
        await supervisor.run()


@asynccontextmanager
async def worker_in_background(
    settings: Settings, failed: Callable[[], None]
) -> AsyncIterator[None]:
    """A worker beside something else in this process, from when it is entered to when it is left.

    A signal reaches it at once, and then whoever listened before: both finish side by side, within
    the time that a platform gives. If the worker ended by itself, the process would only seem to
    work; so `failed` is called, and the process told to end.

    Raises:
        RegistryError: if a handler or its templates are not what they must be.
    """
    jobs = build_jobs(settings)
    supervisor = Supervisor(jobs)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(jobs.close)
        await stack.enter_async_context(jobs.store.counters.flushing(_FLUSH_SECONDS))
        stack.enter_context(install_signal_handlers(supervisor.stop))
        task = asyncio.create_task(supervisor.run())
        task.add_done_callback(lambda _: _end_the_process(supervisor, failed))
        try:
            yield
        finally:
            supervisor.stop()
            await task


def _end_the_process(supervisor: Supervisor, failed: Callable[[], None]) -> None:
    if not supervisor.told_to_stop:
        _log.error("worker ended by itself")
        failed()
        signal.raise_signal(signal.SIGTERM)


@contextmanager
def install_signal_handlers(stop: Callable[[], None]) -> Iterator[None]:
    """Have `stop` called on SIGTERM and SIGINT, before whoever hears them already."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def hear(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        heard_before = before[signal.Signals(number)]
        if callable(heard_before):
            heard_before(number, frame)

    for number in before:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_worker(settings: Settings) -> None:
    """The whole life of a worker process.

    Raises:
        RegistryError: if a handler or its templates are not what they must be.
    """

    async def live() -> None:
        await supervise(build_jobs(settings))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(live())
