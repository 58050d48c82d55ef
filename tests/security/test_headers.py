"""Security headers: every response has them, for all endpoints, methods and errors."""

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

SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
UNSUBSCRIBE = "/unsubscribe/{token}"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
UNKNOWN_PATHS = ("/", "/docs", "/redoc", "/openapi.json", "/webhooks", "/healthz/", "/%00")
CANARY = "canary-7d1f"


@pytest.fixture
def app(settings: Settings, redis: Redis) -> FastAPI:
    return create_app(settings)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that gets a 500 for an exception, as from uvicorn."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as connected:
            yield connected


def paths_of(app: FastAPI) -> list[str]:
    found = [route.path for route in app.routes if isinstance(route, Route)]
    assert len(found) == len(app.routes)
    takes_posts = {"/webhooks/juicebox", "/webhooks/juicebox/", "/slack/events", "/slack/events/"}
    assert set(found) == {*takes_posts, UNSUBSCRIBE, "/healthz", "/readyz", "/metrics"}
    return found


def security_headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name in SECURITY_HEADERS}


async def test_every_response_has_security_headers_for_all_paths_and_methods(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    for path in [*paths_of(app), *UNKNOWN_PATHS]:
        for method in METHODS:
            answer = await client.request(method, path)
            found = security_headers(answer)
            if path == UNSUBSCRIBE and method in {"GET", "HEAD", "POST"}:
                policy = found.pop("content-security-policy")  # a page has a style, and a form
                assert policy.startswith("default-src 'none'; style-src 'sha256-")
                found["content-security-policy"] = SECURITY_HEADERS["content-security-policy"]
            assert found == SECURITY_HEADERS, (method, path, answer.status_code)
            assert len(answer.headers.get_list("content-security-policy")) == 1
            assert len(answer.headers.get_list("cache-control")) == 1
            assert "server" not in answer.headers
            assert answer.status_code != 500


async def test_every_response_of_the_webhook_has_security_headers(
    client: httpx.AsyncClient,
) -> None:
    body = envelope()
    for sent, headers, status in (
        (body, signed(body), 200),
        (b"{", signed(b"{"), 400),
        (body, {}, 401),
        (b"x" * 300_000, {}, 413),
        (body, signed(body) | {"content-encoding": "br"}, 415),
    ):
        answer = await client.post("/webhooks/juicebox", content=sent, headers=headers)
        assert (answer.status_code, security_headers(answer)) == (status, SECURITY_HEADERS)


async def test_an_internal_error_has_security_headers_and_reveals_nothing(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    async def broken() -> None:
        raise RuntimeError(CANARY)

    app.add_api_route("/broken", broken)
    answer = await client.get("/broken")
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
    assert security_headers(answer) == SECURITY_HEADERS
    assert CANARY not in str(answer.headers)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_api_documentation_is_off(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


async def test_a_wrong_method_gets_a_json_error(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/webhooks/juicebox")
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})
    assert answer.headers["allow"] == "POST"


async def test_hsts_is_sent_over_https_only() -> None:
    """Uvicorn learns the scheme from X-Forwarded-Proto, and sends no `server` header."""
    async with deployed(BASE) as deployment, deployment.web() as web:
        over_https, over_http, refused = await asyncio.gather(
            web.client.get("/healthz", headers={"X-Forwarded-Proto": "https"}),
            web.client.get("/healthz", headers={"X-Forwarded-Proto": "http"}),
            exchange(web.port, request(b"", b"broken")),
        )
    assert over_https.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in over_http.headers
    assert security_headers(over_https) == security_headers(over_http) == SECURITY_HEADERS
    for name, value in SECURITY_HEADERS.items():
        assert f"{name}: {value}".encode() in refused.text
    assert not any("server" in answer.headers for answer in (over_https, over_http))
    assert b"server:" not in refused.text.lower()
