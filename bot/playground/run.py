"""Runs the playground until it ends, fails or is interrupted: on one page, or once on the terminal."""

import asyncio
import os
import sys
from typing import TextIO

from bot.errors import BotError
from bot.playground.cancellation import Interrupted, run_until, stop_signal
from bot.playground.once import send_each_once
from bot.playground.server import serve_playground
from bot.transports.terminal.console import Console


def run_playground(*, once: bool, port: int, stream: TextIO | None = None) -> int:
    """Serve the page at this port until it is stopped; with `once`, send the samples and end.

    Return the exit code: 0, or 1 if something is missing on this machine, fails, or does not
    arrive exactly once.
    """
    out = stream or sys.stdout
    console = Console(out, colours=_wants_colours(out))
    try:
        return asyncio.run(_run_until_stopped(console, once=once, port=port))
    except BotError as error:
        for line in str(error).splitlines():
            console.say(line)
        return 1


async def _run_until_stopped(console: Console, *, once: bool, port: int) -> int:
    work = send_each_once(console) if once else serve_playground(console, port)
    with stop_signal() as stop:
        try:
            return await run_until(work, stop())
        except Interrupted:
            console.say("Stopped.")
            return 1 if once else 0


def _wants_colours(stream: TextIO) -> bool:
    """Return whether to use colours: on a terminal, unless NO_COLOR says otherwise (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
