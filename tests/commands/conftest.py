"""The command line, run in a thread of its own while a test's servers run in the event loop."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main

Cli = Callable[..., Awaitable[Result]]


@pytest.fixture
def cli() -> Cli:
    async def run(*args: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, args, prog_name="juicebox-bot")

    return run


def bare_environment() -> dict[str, str]:
    """An environment without any setting: only what Python, and coverage, need in a process."""
    return {n: v for n, v in os.environ.items() if n == "PATH" or n.startswith("COVERAGE_")}
