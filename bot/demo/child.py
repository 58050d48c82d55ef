"""A process that the demo starts, watches and ends."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Never

from bot.errors import BotError

_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 10
_LINES_SHOWN = 15


class ChildDied(BotError):
    """A process that should run has ended; the text ends with the last lines that it wrote."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running process. What it writes goes to `log`."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    async def watch(self) -> Never:
        """Wait for what should not happen.

        Raises:
            ChildDied: as soon as the process has ended.
        """
        code = await self.process.wait()
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        raise ChildDied(f"the {self.name} process {how}; it last wrote:\n{self.said()}")

    def said(self) -> str:
        """The last lines that it wrote."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_LINES_SHOWN:])

    async def stop(self) -> None:
        """SIGTERM, which lets it finish what it does, and SIGKILL if that takes too long."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@contextlib.asynccontextmanager
async def running(
    name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
) -> AsyncIterator[Child]:
    """Run the command from the project's folder, and end it afterwards.

    It gets a session of its own, so that Ctrl-C reaches the demo alone, which ends its children in
    order and Redis last.
    """
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            cwd=_ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    child = Child(name, process, log)
    try:
        yield child
    finally:
        await child.stop()
