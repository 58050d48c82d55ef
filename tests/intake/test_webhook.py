"""The webhook endpoint: its responses, and what is stored."""

import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from redis.asyncio import Redis

from bot.fakes.redis_server import redis_server
from bot.settings import Settings
from bot.store import Store
from bot.store.queue import QUEUE
from bot.web import create_app
from tests.app import SECRET, MakeSettings, envelope, signed, web_client

WEBHOOK = "/webhooks/juicebox"
LIMIT = 256 * 1024


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


async def test_the_previous_secret_is_accepted_too(
    make_settings: MakeSettings, redis: Redis
) -> None:
    settings = make_settings(JUICEBOX_WEBHOOK_SECRET_PREVIOUS="whsec_previous")
    async with web_client(settings) as client:
        for event_id, secret in (("evt_1", b"whsec_previous"), ("evt_2", SECRET)):
            body = envelope(event_id)
            answer = await client.post(WEBHOOK, content=body, headers=signed(body, secret))
            assert answer.status_code == 200


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"nonsense", id="malformed"),
        pytest.param("sha256=ümläut".encode(), id="not ASCII"),
        pytest.param(b"\xff\xfe\xfd", id="not text"),
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


@pytest.mark.parametrize(("days", "status"), [(29, 200), (31, 400)])
async def test_an_event_older_than_the_retention_is_refused(
    client: httpx.AsyncClient, days: int, status: int
) -> None:
    moment = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    body = b'{"id":"evt_1","type":"key.rotated","timestamp":"%s","data":{}}' % moment.encode()
    answer = await client.post(WEBHOOK, content=body, headers=signed(body))
    assert answer.status_code == status
    if status == 400:
        assert answer.json() == {
            "error": "timestamp is older than events are kept, which is 30 days"
        }


def padded(size: int) -> bytes:
    frame = envelope(searchId="")
    return envelope(searchId="x" * (size - len(frame)))


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
async def test_the_limit_is_256_kib(client: httpx.AsyncClient, size: int, status: int) -> None:
    body = padded(size)
    assert len(body) == size
    assert (await client.post(WEBHOOK, content=body, headers=signed(body))).status_code == status


async def test_a_chunked_body_is_limited_while_it_is_read(client: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 65_536

    answer = await client.post(WEBHOOK, content=endless(), headers=signed(b""))
    assert answer.status_code == 413
    assert read <= 6


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    body = gzip.compress(envelope())
    headers = {**signed(body), "content-encoding": "gzip"}
    answer = await client.post(WEBHOOK, content=body, headers=headers)
    assert answer.status_code == 415
    assert "compressed" in answer.json()["error"]


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


async def test_without_redis_nothing_is_stored_and_the_sender_is_told_to_retry(
    make_settings: MakeSettings,
) -> None:
    with redis_server() as server:
        settings = make_settings(REDIS_URL=server.url)
        async with web_client(settings) as client:
            body = envelope()
            server.stop()
            answer = await client.post(WEBHOOK, content=body, headers=signed(body))
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert answer.json() == {"error": "it could not be stored: send it again"}
            server.start()
            answer = await client.post(WEBHOOK, content=body, headers=signed(body))
            assert answer.status_code == 200


async def test_a_client_that_disconnects_early_causes_no_exception(settings: Settings) -> None:
    app = create_app(settings)
    sent = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": WEBHOOK,
        "headers": [],
        "query_string": b"",
        "http_version": "1.1",
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 400
