"""Workers that kill themselves at a chosen await of their work, each in its own Redis database.

`python -m tests.faults.killed_at REDIS_URL LOG OFFSET JOBS FIRST STEP LAST` forks one worker for each
number, on the database of that number plus the offset. The worker counts each time the event loop
resumes a job (`before` a step) or gets control back (`after` the step), and kills itself at its number;
then an ordinary worker replaces it. A worker that completes JOBS jobs first continues. Each reports
its outcome on stdout, until SIGTERM ends all:

    killed <number> <seconds, monotonic> <before|after> <file:line>
    ended <number> <count of boundaries>
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Coroutine, Generator, Iterator
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import uvloop

from bot.logging.setup import configure_logs
from bot.settings import load_settings
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from bot.worker.loop import Worker
from bot.worker.process import run_worker
from bot.worker.running import RunningJob

_ROOT = Path(__file__).parents[2]
_START_INTERVAL = 0.4
"""In seconds: started at once, the replacements would all be busy at the same time."""
_in_job: ContextVar[bool] = ContextVar("in_job", default=False)


class Boundaries:
    """Counts the boundaries of the job's steps, and kills the process at one of them."""

    def __init__(self, number: int, jobs: int, report: int) -> None:
        self._number = number
        self._jobs_left = jobs
        self._report = report
        self._passed = 0
        self.has_job = False

    def passed(self, side: str, awaiting: object) -> None:
        if not _in_job.get():
            return
        self._passed += 1
        if self._passed == self._number:
            self._say(f"killed {self._number} {time.monotonic():.3f} {side} {_where(awaiting)}")
            os.kill(os.getpid(), signal.SIGKILL)

    def job_ended(self) -> None:
        self._jobs_left -= 1
        if not self._jobs_left:
            self._say(f"ended {self._number} {self._passed}")

    def _say(self, line: str) -> None:
        os.write(self._report, f"{line}\n".encode())


class Watched(Coroutine[Any, Any, Any]):
    """A coroutine whose steps are counted."""

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
    """Return the innermost line of the bot that awaits, as `file:line`."""
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


class WatchedWorker(Worker):
    """Counts the boundaries from its first call for jobs to the end of the first one, and so on."""

    def __init__(self, boundaries: Boundaries, tasks: WorkerTasks) -> None:
        super().__init__(tasks)
        self._boundaries = boundaries

    async def _take(self) -> timedelta:
        _in_job.set(not self._boundaries.has_job)
        idle_for = await super()._take()
        _in_job.set(False)
        return idle_for

    async def _run(self, job: RunningJob) -> None:
        self._boundaries.has_job = True
        _in_job.set(True)
        await super()._run(job)
        _in_job.set(False)
        self._boundaries.job_ended()


def watching_loop(boundaries: Boundaries) -> asyncio.AbstractEventLoop:
    """Return an event loop that counts the steps of all its tasks."""

    def new_task(loop: Any, steps: Coroutine[Any, Any, Any], **options: Any) -> Any:
        return asyncio.Task(Watched(steps, boundaries), loop=loop, **options)

    loop = uvloop.new_event_loop()
    loop.set_task_factory(new_task)
    return loop


def run(boundaries: Boundaries | None) -> None:
    """Run a worker as the command `worker` does; with boundaries, it is watched."""
    settings = load_settings()
    configure_logs(settings.log_level, settings.log_format)
    build = partial(build_jobs, settings)
    if boundaries is None:
        run_worker(build)
        return
    run_worker(
        build,
        new_worker=partial(WatchedWorker, boundaries),
        loop_factory=partial(watching_loop, boundaries),
    )


def fork_worker(database: str, log: Path, boundaries: Boundaries | None) -> int:
    """Fork a worker on that database, an ordinary one without boundaries; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ["REDIS_URL"] = database
    run(boundaries)
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
        time.sleep(_START_INTERVAL)
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
