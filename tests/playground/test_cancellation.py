"""Work stops on a signal or when another task fails, and always cleans up."""

import asyncio
import contextlib
import os
import signal
from typing import Never

import pytest

from bot.playground.cancellation import Interrupted, is_cancelled, run_until, stop_signal
from tests.polling import HANG_TIMEOUT


async def never() -> Never:
    await asyncio.Event().wait()
    raise AssertionError


async def fail() -> Never:
    raise LookupError("died")


async def test_the_result_of_work_is_returned() -> None:
    async def work() -> int:
        return 5

    assert await run_until(work(), never()) == 5


async def test_an_error_of_work_is_raised() -> None:
    with pytest.raises(LookupError, match="died"):
        await run_until(fail(), never())


async def test_a_stop_and_a_cancellation_wait_for_the_work_to_clean_up() -> None:
    cleaned = []

    async def work() -> None:
        try:
            await never()
        finally:
            await asyncio.sleep(0)
            cleaned.append(1)

    with pytest.raises(LookupError, match="died"):
        await run_until(work(), never(), fail())
    assert cleaned == [1]

    running = asyncio.create_task(run_until(work(), never()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert cleaned == [1, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_the_work(number: signal.Signals) -> None:
    with stop_signal() as stop:
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted):
            await run_until(never(), stop())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


async def test_a_swallowed_cancellation_is_detected() -> None:
    """redis-py 5.3 swallows a CancelledError now and then; a loop must end anyway."""
    waiting = asyncio.Event()
    rounds = 0

    async def swallows() -> None:
        waiting.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async def loop() -> None:
        nonlocal rounds
        while not is_cancelled():
            rounds += 1
            await swallows()

    task = asyncio.create_task(loop())
    await waiting.wait()
    task.cancel()
    async with asyncio.timeout(HANG_TIMEOUT):
        await task
    assert rounds == 1
