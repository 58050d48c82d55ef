"""A process that the playground starts, watches and stops."""

import asyncio
import contextlib
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Never, Self

from bot.errors import BotError

_ROOT = Path(__file__).parents[2]
_STOP_TIMEOUT = 10.0
_LOG_TAIL_LINES = 15


class ServiceDied(BotError):
    """A process ended unexpectedly; the message ends with the last lines of its output."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command to run; its output is appended to the file `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    log: Path

    async def start(self) -> Process:
        """Run the command in the project's folder.

        The process gets its own session, so that Ctrl-C reaches only the playground, which then
        stops its processes in order, Redis last.
        """
        with self.log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *self.command,
                env=self.environment,
                cwd=_ROOT,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )


class Service:
    """Runs a program, and detects when it ends unexpectedly. `stop_timeout` is in seconds."""

    def __init__(self, program: Program, *, stop_timeout: float = _STOP_TIMEOUT) -> None:
        self._program = program
        self._stop_timeout = stop_timeout
        self.process: Process | None = None
        self._started = asyncio.Event()

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls, program: Program, *, stop_timeout: float = _STOP_TIMEOUT
    ) -> AsyncIterator[Self]:
        """Start the service, and stop it at the end."""
        service = cls(program, stop_timeout=stop_timeout)
        await service.start()
        try:
            yield service
        finally:
            await service.stop()

    async def start(self) -> None:
        """Start the program unless it is running."""
        if self.process is None:
            self.process = await self._program.start()
            self._started.set()

    async def stop(self) -> None:
        """Send SIGTERM, so that the program can finish its work, and SIGKILL after the timeout."""
        process = self._detach()
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(self._stop_timeout):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def kill(self) -> None:
        """Send SIGKILL."""
        process = self._detach()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def watch(self) -> Never:
        """Wait until the program ends unexpectedly.

        Raises:
            ServiceDied: if it ends without `stop` or `kill`.
        """
        while True:
            await self._started.wait()
            process = self.process
            if process is not None:
                code = await process.wait()
                if process is self.process:
                    raise ServiceDied(self._exit_report(code))

    def log_tail(self) -> str:
        """Return the last lines of the program's output."""
        lines = self._program.log.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_LOG_TAIL_LINES:])

    def _exit_report(self, code: int) -> str:
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        return f"the {self._program.name} process {how}; its last output:\n{self.log_tail()}"

    def _detach(self) -> Process | None:
        """Return the process, whose end is expected from now on."""
        process, self.process = self.process, None
        self._started.clear()
        return process
