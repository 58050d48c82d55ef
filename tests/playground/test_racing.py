"""Work ends early when something else happens, and always cleans up."""

import asyncio
import contextlib
import os
import signal
from typing import Never

import pytest

from bot.playground.racing import Interrupted, is_cancelled, race, stop_signal
from tests.polling import HANG_TIMEOUT


async def never() -> Never:
    await asyncio.Event().wait()
    raise AssertionError


async def fail() -> Never:
    raise LookupError("died")


async def test_work_that_ends_first_gives_its_result() -> None:
    async def work() -> int:
        return 5

    assert await race(work(), never()) == 5


async def test_work_that_fails_raises() -> None:
    with pytest.raises(LookupError, match="died"):
        await race(fail(), never())


async def test_whatever_ends_the_race_waits_for_the_work_to_clean_up() -> None:
    cleaned = []

    async def work() -> None:
        try:
            await never()
        finally:
            await asyncio.sleep(0)
            cleaned.append(1)

    with pytest.raises(LookupError, match="died"):
        await race(work(), never(), fail())
    assert cleaned == [1]

    racing = asyncio.create_task(race(work(), never()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    racing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await racing
    assert cleaned == [1, 1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_the_work(number: signal.Signals) -> None:
    with stop_signal() as stop:
        os.kill(os.getpid(), number)
        with pytest.raises(Interrupted):
            await race(never(), stop())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


async def test_a_cancellation_that_a_call_swallows_is_noticed_all_the_same() -> None:
    """redis-py 5.3 swallows one now and then; nothing may go on for ever because of that."""
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
