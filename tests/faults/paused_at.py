"""A worker that stops itself once, right before its lease is checked for the last time.

`python -m tests.faults.paused_at slack|email`. It writes PAUSED and stops until SIGCONT. Only this
sender pauses: right before the call that cannot be undone, and without an await in between, so that
no timeout of that call can expire first.
"""

import os
import signal
import sys
from dataclasses import replace
from typing import Any

from bot.delivery.sender import CheckLease, Sender
from bot.logging.setup import configure_logs
from bot.model import Transport
from bot.settings import load_settings
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from bot.worker.process import run_worker

PAUSED = "paused before sending"


class PausingSender:
    """Pauses before the first message, and otherwise acts as the sender does."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._has_paused = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sender, name)

    async def send(self, message: Any, check_lease: CheckLease) -> str:
        def pause_and_check() -> None:
            if not self._has_paused:
                self._has_paused = True
                os.write(1, f"{PAUSED}\n".encode())
                os.kill(os.getpid(), signal.SIGSTOP)
            check_lease()

        return await self._sender.send(message, pause_and_check)


def jobs_with_pause(transport: Transport) -> WorkerTasks:
    jobs = build_jobs(load_settings())
    active = jobs.attempts.transports[transport]
    pausing = replace(active, sender=PausingSender(active.sender))
    transports = {**jobs.attempts.transports, transport: pausing}
    return replace(jobs, attempts=replace(jobs.attempts, transports=transports))


if __name__ == "__main__":
    configure_logs(load_settings().log_level, load_settings().log_format)
    run_worker(lambda: jobs_with_pause(Transport(sys.argv[1])))
