"""Something that runs, and that can be switched off and on again."""

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
    """One change at a time, each to its end: nobody who stops waiting for it leaves it half-done."""

    def __init__(self, *, on: Step, off: Step, changed: Callable[[], None]) -> None:
        self._on = on
        self._off = off
        self._changed = changed
        self._lock = asyncio.Lock()
        self._work: set[asyncio.Task[None]] = set()
        self.power = Power.RUNNING

    async def turn_on(self) -> None:
        await self._start(self._turn(Power.STARTING, self._on, Power.RUNNING))

    async def turn_off(self, how: Step | None = None) -> None:
        """Stop it, by `how` if that is given."""
        await self._start(self._turn(Power.STOPPING, how or self._off, Power.STOPPED))

    async def settle(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._work, return_exceptions=True)

    async def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        await asyncio.shield(task)

    async def _turn(self, meanwhile: Power, change: Step, then: Power) -> None:
        async with self._lock:
            before = self.power
            if before is then:
                return
            self._become(meanwhile)
            try:
                await change()
            except BaseException:
                self._become(before)
                raise
            self._become(then)

    def _become(self, power: Power) -> None:
        self.power = power
        self._changed()
