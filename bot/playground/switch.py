"""A process that can be stopped and started again."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum


class Power(StrEnum):
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    STARTING = "starting"


Step = Callable[[], Awaitable[None]]


class Switch:
    """Performs one change at a time, and finishes it even if its caller is cancelled."""

    def __init__(self, *, start: Step, stop: Step, on_change: Callable[[], None]) -> None:
        self._start = start
        self._stop = stop
        self._on_change = on_change
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.power = Power.RUNNING

    async def turn_on(self) -> None:
        await self._finish(self._change(Power.STARTING, self._start, Power.RUNNING))

    async def turn_off(self, stop: Step | None = None) -> None:
        """Stop the process, with `stop` in place of the usual way if it is given."""
        await self._finish(self._change(Power.STOPPING, stop or self._stop, Power.STOPPED))

    async def wait_for_changes(self) -> None:
        """Wait for changes in progress."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _finish(self, change: Awaitable[None]) -> None:
        task = asyncio.ensure_future(change)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.shield(task)

    async def _change(self, meanwhile: Power, step: Step, target: Power) -> None:
        async with self._lock:
            before = self.power
            if before is target:
                return
            self._set(meanwhile)
            try:
                await step()
            except BaseException:
                self._set(before)
                raise
            self._set(target)

    def _set(self, power: Power) -> None:
        self.power = power
        self._on_change()
