"""The webhook endpoint: its responses, and what is stored."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from bot.settings import Settings
from bot.store import Store
from bot.store.queue import QUEUE
from tests.app import envelope, signed, web_client

WEBHOOK = "/webhooks/juicebox"


@pytest.fixture
async def client(settings: Settings, redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    async with web_client(settings) as connected:
        yield connected


async def test_a_signed_event_is_accepted(client: httpx.AsyncClient, store: Store) -> None:
    body = envelope()
    answer = await client.post(WEBHOOK, content=body, headers=signed(body))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    stored = await store.events.get("evt_1")
    assert stored is not None
    assert stored.body == body


async def test_a_verified_sender_is_told_how_long_each_step_took(client: httpx.AsyncClient) -> None:
    body = envelope()
    answer = await client.post(WEBHOOK, content=body, headers=signed(body))
    steps = [metric.partition(";")[0] for metric in answer.headers["server-timing"].split(", ")]
    assert steps == ["read", "verify", "parse", "accept"]
    refused = await client.post(WEBHOOK, content=body, headers=signed(body, b"wrong"))
    assert (refused.status_code, "server-timing" in refused.headers) == (401, False)


async def test_a_duplicate_gets_the_same_response(client: httpx.AsyncClient, redis: Redis) -> None:
    body = envelope()
    for _ in range(2):
        answer = await client.post(WEBHOOK, content=body, headers=signed(body))
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert await redis.zcard(QUEUE) == 1


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(None, id="missing"),
        pytest.param("sha256=ümläut".encode(), id="not ASCII"),
        pytest.param(b"sha256=" + b"0" * 64, id="wrong"),
    ],
)
async def test_all_bad_signatures_get_the_same_response(
    client: httpx.AsyncClient, redis: Redis, signature: bytes | None
) -> None:
    headers = [(b"content-type", b"application/json")]
    headers += [(b"x-juicebox-signature", signature)] if signature is not None else []
    answer = await client.post(WEBHOOK, content=b"{ not json", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid signature"})
    assert await redis.zcard(QUEUE) == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", "the body must be a JSON object"),
        (
            b'{"type": "t", "timestamp": "2026-01-01", "data": {}}',
            "id must be a string or a whole number, and not empty",
        ),
    ],
)
async def test_a_signed_but_invalid_event_gets_a_sentence(
    client: httpx.AsyncClient, body: bytes, message: str
) -> None:
    answer = await client.post(WEBHOOK, content=body, headers=signed(body))
    assert (answer.status_code, answer.json()) == (400, {"error": message})


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/cloudevents+json", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
async def test_only_json_is_accepted(
    client: httpx.AsyncClient, content_type: str, status: int
) -> None:
    body = envelope()
    headers = {**signed(body), "content-type": content_type}
    assert (await client.post(WEBHOOK, content=body, headers=headers)).status_code == status
