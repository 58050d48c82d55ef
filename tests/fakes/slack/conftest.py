"""A client of the local Slack's Web API."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.fakes.slack.api import LocalSlack

BEARER = {"Authorization": "Bearer xoxb-test-token"}


class Caller:
    """Calls methods of the API over HTTP."""

    def __init__(self, api: LocalSlack, session: aiohttp.ClientSession) -> None:
        self._api = api
        self._session = session

    async def __call__(self, method: str, **arguments: Any) -> dict[str, Any]:
        async with self._session.post(
            self._api.url + method, json=arguments, headers=BEARER
        ) as answer:
            return await answer.json()

    def raw(self, verb: str, method: str, **options: Any) -> Any:
        options.setdefault("headers", BEARER)
        return self._session.request(verb, self._api.url + method, **options)


@pytest.fixture
async def call(slack_api: LocalSlack) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(slack_api, session)
