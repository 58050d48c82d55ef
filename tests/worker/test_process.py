"""A worker in the background gets signals first, and ends the process if it ends by itself."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.settings import Settings
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import Worker
from bot.worker.process import worker_in_background
from tests.polling import HANG_TIMEOUT


class Host:
    """Installs signal handlers before the worker does, as uvicorn does."""

    def __init__(self) -> None:
        self.signals: list[int] = []
        self.notified = asyncio.Event()
        self.failures = 0

    def handle(self, number: int, _frame: object) -> None:
        self.signals.append(number)
        self.notified.set()

    def failed(self) -> None:
        self.failures += 1


@pytest.fixture
def build(settings: Settings, redis: Redis) -> Callable[[], WorkerTasks]:
    return partial(build_jobs, settings)


@pytest.fixture
def host() -> Iterator[Host]:
    installed = Host()
    before = {n: signal.signal(n, installed.handle) for n in (signal.SIGTERM, signal.SIGINT)}
    yield installed
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_worker_while_the_host_still_finishes(
    build: Callable[[], WorkerTasks], host: Host, number: signal.Signals
) -> None:
    with capture_logs() as logs:
        async with worker_in_background(build, host.failed):
            signal.raise_signal(number)
            await host.notified.wait()
            async with asyncio.timeout(HANG_TIMEOUT):
                while not any(line["event"] == "worker stopping" for line in logs):  # noqa: ASYNC110 - a log cannot be awaited
                    await asyncio.sleep(0.01)
        assert host.signals == [number]
    assert signal.getsignal(number) == host.handle


async def test_leaving_the_block_stops_the_worker_only(
    build: Callable[[], WorkerTasks], host: Host
) -> None:
    async with worker_in_background(build, host.failed):
        pass
    assert host.signals == []
    assert host.failures == 0
    assert signal.getsignal(signal.SIGTERM) == host.handle


async def test_a_worker_that_ends_by_itself_ends_the_process(
    build: Callable[[], WorkerTasks], host: Host
) -> None:
    """Otherwise the process would accept events and send nothing, unnoticed."""

    class EndsByItself(Worker):
        async def run(self) -> None:
            return

    background = worker_in_background(build, host.failed, new_worker=EndsByItself)
    with capture_logs() as logs:
        async with asyncio.timeout(HANG_TIMEOUT), background:
            await host.notified.wait()
    assert host.signals == [signal.SIGTERM]
    assert host.failures == 1
    assert [line["event"] for line in logs] == ["worker ended by itself"]
