"""Freezes the tasks of one worker inside a test's event loop, before any of their steps."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any

_life: ContextVar["Life | None"] = ContextVar("life", default=None)


class Life:
    """All tasks that descend from `run`. While frozen, they take no step."""

    def __init__(self) -> None:
        self.frozen = asyncio.Event()
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._steps_left = 0
        self._strike: Callable[[], None] = self.freeze

    def freeze(self) -> None:
        self._thawed.clear()
        self.frozen.set()

    def thaw(self) -> None:
        self.frozen.clear()
        self._thawed.set()

    def strike_after(self, steps: int, strike: Callable[[], None]) -> None:
        """Call `strike` right before the worker takes its n-th step from now."""
        self._steps_left, self._strike = steps, strike

    async def run(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start the work as a part of this life; return when it has ended or is frozen."""
        token = _life.set(self)
        task = asyncio.create_task(work)
        _life.reset(token)
        await self.go_on(task)
        return task

    async def go_on(self, task: asyncio.Task[Any]) -> None:
        frozen = asyncio.create_task(self.frozen.wait())
        await asyncio.wait({task, frozen}, return_when=asyncio.FIRST_COMPLETED)
        frozen.cancel()

    def before_a_step(self) -> bool:
        """Whether the step may be taken."""
        if self._steps_left:
            self._steps_left -= 1
            if not self._steps_left:
                self._strike()
        return self._thawed.is_set()

    def until_thawed(self) -> Generator[Any, Any, Any]:
        return self._thawed.wait().__await__()


class _Steps(Coroutine[Any, Any, Any]):
    """A task's coroutine whose steps wait while its life is frozen."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], life: Life) -> None:
        self._coroutine = coroutine
        self._life = life
        self._waiting: Generator[Any, Any, Any] | None = None
        self._next: Callable[[], Any] = lambda: coroutine.send(None)

    def send(self, value: Any) -> Any:
        if self._waiting is None:
            return self._take(lambda: self._coroutine.send(value))
        return self._wait()

    def throw(self, *error: Any) -> Any:
        self._waiting = None
        return self._take(lambda: self._coroutine.throw(*error))

    def _take(self, step: Callable[[], Any]) -> Any:
        if self._life.before_a_step():
            return step()
        self._next = step
        self._waiting = self._life.until_thawed()
        return self._wait()

    def _wait(self) -> Any:
        assert self._waiting is not None
        try:
            return self._waiting.send(None)
        except StopIteration:
            self._waiting = None
            return self._take(self._next)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._coroutine.__await__()


def task_factory(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
    """A task factory for an event loop whose tasks can be frozen."""
    life = _life.get()
    return asyncio.Task(_Steps(work, life) if life else work, loop=loop, **options)
