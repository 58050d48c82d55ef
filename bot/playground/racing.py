"""Work that ends early when something else happens."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Never, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """Somebody asked this program to end."""


async def race(work: Coroutine[Any, Any, T], *ends: Coroutine[Any, Any, None]) -> T:
    """What `work` gives; or what the first of the `ends` raises, once `work` has cleaned up.

    The `ends` do not end in any other way.
    """
    first = asyncio.create_task(work)
    tasks: Sequence[asyncio.Task[Any]] = [first, *map(asyncio.create_task, ends)]
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
    """Whether this task was cancelled, also where a call in between has swallowed that.

    redis-py 5.3 does so now and then; a loop around its calls would go on for ever.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@contextmanager
def stop_signal() -> Iterator[Callable[[], Coroutine[Any, Any, Never]]]:
    """What raises Stopped on Ctrl-C, SIGTERM and SIGHUP; pressing Ctrl-C again changes nothing."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, told.set)

    async def wait() -> Never:
        await told.wait()
        raise Interrupted

    try:
        yield wait
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
