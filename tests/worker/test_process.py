"""A worker beside something else hears of a signal first, and takes the process with it if it ends."""

import asyncio
import signal
from collections.abc import Iterator

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.settings import Settings
from bot.worker.loop import Supervisor
from bot.worker.process import worker_in_background
from tests.polling import HANG_TIMEOUT


class Host:
    """Whoever listened to signals before, as uvicorn does."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.told = asyncio.Event()
        self.failures = 0

    def hear(self, number: int, _frame: object) -> None:
        self.heard.append(number)
        self.told.set()

    def failed(self) -> None:
        self.failures += 1


@pytest.fixture
def host() -> Iterator[Host]:
    listening = Host()
    before = {n: signal.signal(n, listening.hear) for n in (signal.SIGTERM, signal.SIGINT)}
    yield listening
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_worker_while_the_host_still_finishes(
    settings: Settings, redis: Redis, host: Host, number: signal.Signals
) -> None:
    with capture_logs() as logs:
        async with worker_in_background(settings, host.failed):
            signal.raise_signal(number)
            await host.told.wait()
            async with asyncio.timeout(HANG_TIMEOUT):
                while not any(line["event"] == "worker stopping" for line in logs):  # noqa: ASYNC110 - a log announces nothing
                    await asyncio.sleep(0.01)
        assert host.heard == [number]
    assert signal.getsignal(number) == host.hear


async def test_leaving_it_stops_the_worker_and_no_more(
    settings: Settings, redis: Redis, host: Host
) -> None:
    async with worker_in_background(settings, host.failed):
        pass
    assert host.heard == []
    assert host.failures == 0
    assert signal.getsignal(signal.SIGTERM) == host.hear


async def test_a_worker_that_ends_by_itself_ends_the_process(
    settings: Settings, redis: Redis, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody notices a process that takes everything in and sends nothing."""

    async def gives_up(_: Supervisor) -> None:
        return

    monkeypatch.setattr(Supervisor, "run", gives_up)
    with capture_logs() as logs:
        async with asyncio.timeout(HANG_TIMEOUT), worker_in_background(settings, host.failed):
            await host.told.wait()
    assert host.heard == [signal.SIGTERM]
    assert host.failures == 1
    assert [line["event"] for line in logs] == ["worker ended by itself"]
