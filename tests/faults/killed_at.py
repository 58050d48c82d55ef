"""Workers that die at a chosen await of their work, each in a Redis database of its own.

`python -m tests.faults.killed_at REDIS_URL LOG OFFSET JOBS FIRST STEP LAST` forks one ordinary worker
for each number, on the database of that number and the offset. Whenever the event loop gives control
to a job (`before` a step) or takes it back (`after` the step), the worker counts, and at its number it
kills itself; then an ordinary worker takes its place. A worker that is through with so many jobs first
is left alone. Each says on stdout what became of it, until SIGTERM ends all:

    killed <number> <seconds, monotonic> <before|after> <where>
    ended <number> <how many boundaries there are>
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextvars import ContextVar
from pathlib import Path
from types import FrameType
from typing import Any

import uvloop

import bot.commands.worker  # noqa: F401  # loaded once, before the workers are forked
from bot.__main__ import main
from bot.worker.loop import LeasedWorker

_ROOT = Path(__file__).parents[2]
_APART_SECONDS = 0.4
"""Between two workers: the successors of all would be busy at one moment, and wait for each other."""
_in_job: ContextVar[bool] = ContextVar("in_job", default=False)


class Boundaries:
    """Counts the boundaries of the job's steps, and dies at one of them."""

    def __init__(self, number: int, jobs: int, report: int) -> None:
        self._number = number
        self._jobs_left = jobs
        self._report = report
        self._passed = 0
        self.begun = False

    def passed(self, side: str, awaiting: object) -> None:
        if not _in_job.get():
            return
        self._passed += 1
        if self._passed == self._number:
            self._say(f"killed {self._number} {time.monotonic():.3f} {side} {_where(awaiting)}")
            os.kill(os.getpid(), signal.SIGKILL)

    def ended(self) -> None:
        self._jobs_left -= 1
        if not self._jobs_left:
            self._say(f"ended {self._number} {self._passed}")

    def _say(self, line: str) -> None:
        os.write(self._report, f"{line}\n".encode())


class Watched(Coroutine[Any, Any, Any]):
    """A coroutine whose every step is seen."""

    def __init__(self, steps: Coroutine[Any, Any, Any], boundaries: Boundaries) -> None:
        self._steps = steps
        self._boundaries = boundaries

    def send(self, value: Any) -> Any:
        self._boundaries.passed("before", self._steps)
        yielded = self._steps.send(value)
        self._boundaries.passed("after", self._steps)
        return yielded

    def throw(self, *error: Any) -> Any:
        self._boundaries.passed("before", self._steps)
        yielded = self._steps.throw(*error)
        self._boundaries.passed("after", self._steps)
        return yielded

    def close(self) -> None:
        self._steps.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._steps.__await__()


def _where(awaiting: object) -> str:
    """The innermost line of ours that waits, as `file:line`."""
    lines = [
        f"{path.relative_to(_ROOT)}:{frame.f_lineno}"
        for frame in _frames(awaiting)
        if (path := Path(frame.f_code.co_filename)).is_relative_to(_ROOT / "bot")
    ]
    return lines[-1] if lines else "outside"


def _frames(awaiting: object) -> Iterator[FrameType]:
    while awaiting is not None:
        frame = getattr(awaiting, "cr_frame", None) or getattr(awaiting, "ag_frame", None)
        if frame is not None:
            yield frame
        awaiting = getattr(awaiting, "cr_await", None) or getattr(awaiting, "ag_await", None)


def watch(boundaries: Boundaries) -> None:
    """Have every task of this process watched, from when its first job is looked for."""
    new_loop = uvloop.new_event_loop
    poll, run_job = LeasedWorker._poll_iteration, LeasedWorker.run_job

    def watching_loop() -> uvloop.Loop:
        loop = new_loop()
        loop.set_task_factory(_factory(boundaries))
        return loop

    async def poll_watched(self: LeasedWorker) -> None:
        _in_job.set(not boundaries.begun)
        await poll(self)
        _in_job.set(False)

    async def run_watched(self: LeasedWorker, job_id: str, score: int) -> None:
        boundaries.begun = True
        _in_job.set(True)
        await run_job(self, job_id, score)
        _in_job.set(False)
        boundaries.ended()

    uvloop.new_event_loop = watching_loop
    LeasedWorker._poll_iteration = poll_watched  # type: ignore[method-assign]
    LeasedWorker.run_job = run_watched  # type: ignore[method-assign]


def _factory(boundaries: Boundaries) -> Callable[..., Any]:
    def make(loop: Any, steps: Coroutine[Any, Any, Any], **options: Any) -> Any:
        return asyncio.Task(Watched(steps, boundaries), loop=loop, **options)

    return make


def fork_worker(database: str, log: Path, boundaries: Boundaries | None) -> int:
    """A worker on that database, an ordinary one if it has no boundaries; its process id."""
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ["REDIS_URL"] = database
    if boundaries:
        watch(boundaries)
    main(["worker"])
    os._exit(0)


def supervise(url: str, log: Path, offset: int, jobs: int, numbers: range) -> None:
    """Keep a worker running on each database."""
    report = os.dup(1)
    workers: dict[int, str] = {}

    def end(*_: object) -> None:
        for pid in workers:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    for number in numbers:
        database = f"{url}/{offset + number}"
        time.sleep(_APART_SECONDS)
        workers[fork_worker(database, log, Boundaries(number, jobs, report))] = database
    while workers:
        pid, status = os.wait()
        database = workers.pop(pid)
        if os.WIFSIGNALED(status):
            workers[fork_worker(database, log, None)] = database


if __name__ == "__main__":
    url, log, *rest = sys.argv[1:]
    offset, jobs, first, step, last = map(int, rest)
    supervise(url, Path(log), offset, jobs, range(first, last + 1, step))
