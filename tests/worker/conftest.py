"""Jobs that follow a script, and the real ones."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model import Audience
from bot.store import Store
from bot.wiring import build_jobs
from bot.worker.jobs import WorkerTasks
from tests.app import MakeSettings
from tests.factories import NOW, SLACK
from tests.scripted_jobs import ScriptedTasks
from tests.worker.quiet_hours import QUIET, at, choose


@pytest.fixture
async def jobs(store: Store) -> ScriptedTasks:
    return ScriptedTasks(store)


@pytest.fixture
async def tasks(
    make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> AsyncIterator[WorkerTasks]:
    built = build_jobs(make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url))
    yield replace(built, clock=lambda: NOW)
    await built.close()


@pytest.fixture
async def quiet(tasks: WorkerTasks) -> WorkerTasks:
    """Return the tasks of a worker; only Slack is set, and it is quiet there from 14:00 to 16:00."""
    tasks.recipients.audiences[Audience.RECRUITERS] = (SLACK,)  # type: ignore[index]  # a dict here
    await choose(tasks, QUIET)
    return at(tasks, NOW)
