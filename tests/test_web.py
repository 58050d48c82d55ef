"""The endpoints of the web process, and those for platforms and operators."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from bot.fakes.slack.api import LocalSlack
from bot.settings import Settings
from bot.store.queue import HEARTBEAT
from tests.app import MakeSettings, envelope, signed, web_client

WEBHOOK = "/webhooks/juicebox"


@pytest.fixture
async def client(settings: Settings, redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    async with web_client(settings) as connected:
        yield connected


async def test_readiness_requires_a_worker(client: httpx.AsyncClient, redis: Redis) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not ready",
        "reason": "no worker heartbeat in the last 6 seconds",
    }
    await redis.set(HEARTBEAT, "alive")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_without_redis_it_is_healthy_but_not_ready(make_settings: MakeSettings) -> None:
    async with web_client(make_settings(REDIS_URL="redis://127.0.0.1:1/0")) as client:
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["reason"] == "Redis does not answer (ConnectionError)"
        answer = await client.get("/metrics")
        assert (answer.status_code, answer.text) == (503, "Redis does not answer\n")


async def test_a_trailing_slash_changes_nothing(client: httpx.AsyncClient) -> None:
    body = envelope()
    answer = await client.post(f"{WEBHOOK}/", content=body, headers=signed(body))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert (await client.post("/slack/events/")).status_code == 401
    for path in ("/webhooks/juicebox//", "/webhooks", "/healthz/"):
        assert (await client.post(path)).status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_head_is_answered_as_get(client: httpx.AsyncClient, redis: Redis, path: str) -> None:
    for worker_is_alive in (False, True):
        if worker_is_alive:
            await redis.set(HEARTBEAT, "alive")
        shown, head = await client.get(path), await client.head(path)
        assert head.status_code == shown.status_code
        assert head.headers["content-type"] == shown.headers["content-type"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        *((WEBHOOK, "POST"), (f"{WEBHOOK}/", "POST")),
        *(("/slack/events", "POST"), ("/slack/events/", "POST")),
        *(("/healthz", "GET, HEAD"), ("/readyz", "GET, HEAD"), ("/metrics", "GET, HEAD")),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_another_method_gets_the_allowed_ones(
    client: httpx.AsyncClient, path: str, allowed: str, method: str
) -> None:
    answer = await client.request(method, path)
    if method in allowed.split(", "):
        assert answer.status_code != 405
    else:
        assert answer.status_code == 405
        assert {*answer.headers["allow"].split(", ")} == {*allowed.split(", ")}


async def test_socket_mode_replaces_the_endpoint(
    make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    settings = make_settings(SLACK_APP_TOKEN="xapp-1", SLACK_API_URL=slack_api.url)
    async with web_client(settings) as client:
        assert (await client.post("/slack/events")).status_code == 404


async def test_requests_are_counted(client: httpx.AsyncClient) -> None:
    body = envelope()
    for _ in range(3):
        await client.post(WEBHOOK, content=body, headers=signed(body))
    await client.post(WEBHOOK, content=body)
    page = (await client.get("/metrics")).text
    assert 'juicebox_events_accepted_total{type="search.completed"} 1.0' in page
    assert "juicebox_events_duplicate_total 2.0" in page
    assert 'juicebox_events_rejected_total{reason="signature"} 1.0' in page
    assert "juicebox_queue_due 1.0" in page


async def test_without_slack_there_is_no_endpoint_for_it(make_settings: MakeSettings) -> None:
    settings = make_settings(
        SLACK_BOT_TOKEN=None,
        SLACK_SIGNING_SECRET=None,
        SLACK_CHANNEL=None,
        SLACK_ALERT_CHANNEL=None,
    )
    async with web_client(settings) as client:
        assert (await client.post("/slack/events")).status_code == 404
