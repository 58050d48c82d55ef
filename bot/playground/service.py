"""A process that the demo starts, watches and ends, as often as it is told to."""

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
_PATIENCE_SECONDS = 10
_LINES_SHOWN = 15


class ServiceDied(BotError):
    """A process that should run has ended; the text ends with the last lines that it wrote."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is run, and the file that what it writes is added to."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    log: Path

    async def start(self) -> Process:
        """Run it from the project's folder.

        It gets a session of its own, so that Ctrl-C reaches the demo alone, which ends what it has
        started in order and Redis last.
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
    """Runs a program, and notices when it ends without having been told to."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.process: Process | None = None
        self._started = asyncio.Event()

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, program: Program) -> AsyncIterator[Self]:
        """The service, started; what runs of it in the end is stopped."""
        service = cls(program)
        await service.start()
        try:
            yield service
        finally:
            await service.stop()

    async def start(self) -> None:
        """Start the program, if it does not run."""
        if self.process is None:
            self.process = await self._program.start()
            self._started.set()

    async def stop(self) -> None:
        """SIGTERM, which lets it finish what it does, and SIGKILL if that takes too long."""
        process = self._let_go()
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        process = self._let_go()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def watch(self) -> Never:
        """Wait for what should not happen.

        Raises:
            ServiceDied: as soon as the program has ended without having been told to.
        """
        while True:
            await self._started.wait()
            process = self.process
            if process is not None:
                code = await process.wait()
                if process is self.process:
                    raise ServiceDied(self._obituary(code))

    def said(self) -> str:
        """The last lines that the program wrote."""
        lines = self._program.log.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_LINES_SHOWN:])

    def _obituary(self, code: int) -> str:
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        return f"the {self._program.name} process {how}; it last wrote:\n{self.said()}"

    def _let_go(self) -> Process | None:
        """The process, which from now on is expected to end."""
        process, self.process = self.process, None
        self._started.clear()
        return process
