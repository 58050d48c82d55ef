"""Work that stops early: on a signal, or when another task fails."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Never, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """A signal asked this program to stop."""


async def run_until(work: Coroutine[Any, Any, T], *stops: Coroutine[Any, Any, None]) -> T:
    """Return the result of `work`, unless one of the `stops` raises first.

    A stop never returns. Its exception is raised once `work` is cancelled and has cleaned up.
    """
    first = asyncio.create_task(work)
    tasks: Sequence[asyncio.Task[Any]] = [first, *map(asyncio.create_task, stops)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done - {first}:
        task.result()
    return first.result()


def is_cancelled() -> bool:
    """Return whether this task was cancelled, even if a call swallowed the CancelledError.

    redis-py 5.3 swallows it now and then; a loop around its calls would never end.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@contextmanager
def stop_signal() -> Iterator[Callable[[], Coroutine[Any, Any, Never]]]:
    """Yield a coroutine function that raises Interrupted on SIGINT, SIGTERM or SIGHUP.

    Further signals have no effect.
    """
    received = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, received.set)

    async def wait() -> Never:
        await received.wait()
        raise Interrupted

    try:
        yield wait
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
