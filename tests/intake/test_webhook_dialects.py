"""Requests as other guides describe them: another scheme, no timestamp, an id in a header."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from redis.asyncio import Redis

from bot.clock import utc_now
from bot.delivery.requeue import requeue
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.settings import Settings
from bot.store import Store
from bot.store.queue import QUEUE
from tests.app import SECRET, MakeSettings, running_worker, web_client
from tests.factories import make_event
from tests.polling import until
from tests.standard_webhooks import sign_standard
from tests.stored_events import accept, dead_letter

WEBHOOK = "/webhooks/juicebox"


@pytest.fixture
async def client(settings: Settings, redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    async with web_client(settings) as connected:
        yield connected


def standard(body: bytes, webhook_id: str = "msg_1", **changes: str) -> dict[str, str]:
    headers = sign_standard(body, SECRET, webhook_id, datetime.now(UTC))
    return {"content-type": "application/json", **headers, **changes}


async def test_a_standard_webhook_without_an_id_gets_the_id_of_its_header(
    client: httpx.AsyncClient, store: Store, redis: Redis
) -> None:
    body = b'{"type": "analysis.completed", "data": {"analysis_id": 7, "result_count": 3}}'
    for _ in range(2):
        answer = await client.post(WEBHOOK, content=body, headers=standard(body))
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert await redis.zcard(QUEUE) == 1
    stored = await store.events.get("msg_1")
    assert stored is not None
    assert stored.body == body
    assert (stored.event.type, stored.event.received_type) == (
        "search.completed",
        "analysis.completed",
    )
    page = (await client.get("/metrics")).text
    assert 'juicebox_events_accepted_total{type="search.completed"} 1.0' in page


async def test_a_dead_letter_of_a_release_without_dialects_is_delivered_on_retry(
    store: Store, make_settings: MakeSettings, slack_api: LocalSlack, inbox: Inbox
) -> None:
    """That release stored the event as received, and did not recognize its fields."""
    now = utc_now()
    data = {"search_id": "s", "result_count": 3}
    await accept(store, make_event("evt_1", timestamp=now, data=data), now)
    await dead_letter(store, reason="data.searchId is missing", now=now)
    assert await requeue(store, "evt_1", now)

    async def delivered() -> bool:
        return "Search completed with 3 results" in [post.text for post in slack_api.posts]

    async with running_worker(make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)):
        await until(delivered)
