"""Fixtures that run the whole bot: web, worker, Redis, a local Slack and an SMTP server."""

import os
from collections.abc import AsyncIterator, Mapping

import pytest
from redis.asyncio import Redis

from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from tests.app import Bot, MakeSettings, running_worker, web_client
from tests.conftest import BASE_ENVIRONMENT
from tests.faults.deployment import Deployment, deployed, environment

BASE = {**BASE_ENVIRONMENT, "PATH": os.environ["PATH"]}


@pytest.fixture
async def bot(
    make_settings: MakeSettings, redis: Redis, slack_api: LocalSlack, inbox: Inbox
) -> AsyncIterator[Bot]:
    settings = make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)
    async with web_client(settings) as client, running_worker(settings) as jobs:
        yield Bot(client, jobs, slack_api, inbox)


@pytest.fixture
def env(
    redis: Redis, redis_process: RedisServer, slack_api: LocalSlack, inbox: Inbox
) -> Mapping[str, str]:
    return environment(BASE, redis_process.url, slack_api, inbox)


@pytest.fixture
async def deployment() -> AsyncIterator[Deployment]:
    """A separate deployment in which no process of the bot runs yet."""
    async with deployed(BASE) as running:
        yield running
