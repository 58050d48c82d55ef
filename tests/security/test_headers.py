"""What every answer carries, whichever door, method or fault it comes from, and what none tells."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from starlette.routing import Route

from bot.settings import Settings
from bot.web import create_app
from tests.app import envelope, signed
from tests.faults.conftest import BASE
from tests.faults.deployment import deployed
from tests.faults.wire import exchange, request

PROMISED = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
NOWHERE = ("/", "/docs", "/redoc", "/openapi.json", "/webhooks", "/healthz/", "/%00")
CANARY = "canary-7d1f"


@pytest.fixture
def app(settings: Settings, redis: Redis) -> FastAPI:
    return create_app(settings)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """As uvicorn has it: a fault is answered, and logged elsewhere."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as connected:
            yield connected


def doors(app: FastAPI) -> list[str]:
    found = [route.path for route in app.routes if isinstance(route, Route)]
    assert len(found) == len(app.routes)
    takes_posts = {"/webhooks/juicebox", "/webhooks/juicebox/", "/slack/events", "/slack/events/"}
    assert set(found) == {*takes_posts, "/healthz", "/readyz", "/metrics"}
    return found


def carried(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name in PROMISED}


async def test_every_answer_of_every_path_by_every_method_carries_them(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    for path in [*doors(app), *NOWHERE]:
        for method in METHODS:
            answer = await client.request(method, path)
            assert carried(answer) == PROMISED, (method, path, answer.status_code)
            assert len(answer.headers.get_list("cache-control")) == 1
            assert "server" not in answer.headers
            assert answer.status_code != 500


async def test_every_answer_of_the_webhook_carries_them(client: httpx.AsyncClient) -> None:
    body = envelope()
    for sent, headers, status in (
        (body, signed(body), 200),
        (b"{", signed(b"{"), 400),
        (body, {}, 401),
        (b"x" * 300_000, {}, 413),
        (body, signed(body) | {"content-encoding": "br"}, 415),
    ):
        answer = await client.post("/webhooks/juicebox", content=sent, headers=headers)
        assert (answer.status_code, carried(answer)) == (status, PROMISED)


async def test_a_fault_of_ours_carries_them_and_tells_nothing(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    async def broken() -> None:
        raise RuntimeError(CANARY)

    app.add_api_route("/broken", broken)
    answer = await client.get("/broken")
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
    assert carried(answer) == PROMISED
    assert CANARY not in str(answer.headers)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_there_is_no_documentation_for_strangers(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


async def test_the_wrong_method_is_refused_in_the_form_of_all_refusals(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/webhooks/juicebox")
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})
    assert answer.headers["allow"] == "POST"


async def test_browsers_are_to_come_back_by_tls_if_they_came_by_it() -> None:
    """Through uvicorn, which knows from a platform's router how they came; nor does it name itself."""
    async with deployed(BASE) as deployment, deployment.web() as web:
        by_tls, bare, refused = await asyncio.gather(
            web.client.get("/healthz", headers={"X-Forwarded-Proto": "https"}),
            web.client.get("/healthz", headers={"X-Forwarded-Proto": "http"}),
            exchange(web.port, request(b"", b"broken")),
        )
    assert by_tls.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in bare.headers
    assert carried(by_tls) == carried(bare) == PROMISED
    for name, value in PROMISED.items():
        assert f"{name}: {value}".encode() in refused.text
    assert not any("server" in answer.headers for answer in (by_tls, bare))
    assert b"server:" not in refused.text.lower()
