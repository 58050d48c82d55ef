"""Runs the demo, on one page or once on the terminal, from Ctrl-C's and an error's point of view."""

import asyncio
import os
import sys
from typing import TextIO

from bot.errors import BotError
from bot.playground.once import send_each_once
from bot.playground.racing import Interrupted, race, stop_signal
from bot.playground.serve import serve_playground
from bot.transports.terminal.console import Console


def run_demo(*, once: bool, port: int, stream: TextIO | None = None) -> int:
    """Serve the page at this port until it is stopped; `once`, send the samples and end.

    The exit code is 0, or 1 if something is missing on this machine or broke on the way, or if
    something did not arrive exactly once.
    """
    out = stream or sys.stdout
    console = Console(out, colours=_wants_colours(out))
    try:
        return asyncio.run(_until_stopped(console, once=once, port=port))
    except BotError as error:
        for line in str(error).splitlines():
            console.say(line)
        return 1


async def _until_stopped(console: Console, *, once: bool, port: int) -> int:
    work = send_each_once(console) if once else serve_playground(console, port)
    with stop_signal() as stop:
        try:
            return await race(work, stop())
        except Interrupted:
            console.say("Stopped.")
            return 1 if once else 0


def _wants_colours(stream: TextIO) -> bool:
    """no-color.org, and nothing but text for whatever is not a terminal."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
