"""The web application, for people who unsubscribe."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from bot.settings import Settings
from tests.app import web_client


@pytest.fixture
async def client(settings: Settings, redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    async with web_client(settings) as connected:
        yield connected
