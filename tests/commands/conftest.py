"""Runs the command line in a thread while a test's servers run in the event loop."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from tests.conftest import BASE_ENVIRONMENT, MakeSettings

Cli = Callable[..., Awaitable[Result]]


@pytest.fixture
def cli() -> Cli:
    async def run(*args: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, args, prog_name="juicebox-bot")

    return run


@pytest.fixture
def configured(make_settings: MakeSettings) -> None:
    """The settings of a bot that works, in the environment."""
    make_settings()


def bare_environment() -> dict[str, str]:
    """An environment without any setting: only what Python, and coverage, need in a process."""
    return {n: v for n, v in os.environ.items() if n == "PATH" or n.startswith("COVERAGE_")}


@pytest.fixture
def environment(redis_process: RedisServer, slack_api: LocalSlack, inbox: Inbox) -> dict[str, str]:
    return {
        **bare_environment(),
        **BASE_ENVIRONMENT,
        "REDIS_URL": redis_process.url,
        "SLACK_API_URL": slack_api.url,
        "SMTP_URL": inbox.url,
    }
