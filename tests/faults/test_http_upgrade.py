"""Clients that offer HTTP/2 without TLS, as curl --http2 and the JDK do. Runs against a real web process."""

import asyncio
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests.app import envelope, signed
from tests.faults.deployment import WEBHOOK, Deployment, Web
from tests.faults.wire import exchange, request

CURL = shutil.which("curl")
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"
LAST = request(line=b"GET /healthz HTTP/1.1")
ENDPOINTS = {"/healthz": 200, "/readyz": 503, "/metrics": 200, "/slack/events": 405, "/none": 404}


async def curl(web: Web, path: str, *options: str) -> int:
    """Return the status of a request by curl that offers HTTP/2."""
    assert CURL is not None
    command = [CURL, "--silent", "--noproxy", "*", "--http2", "--output", "/dev/null"]
    show = ["--max-time", "20", "--write-out", "%{http_code}"]
    process = await asyncio.create_subprocess_exec(
        *command, *show, *options, f"http://127.0.0.1:{web.port}{path}", stdout=PIPE
    )
    output, _ = await process.communicate()
    return int(output)


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
async def test_a_webhook_by_curl_with_http2_is_accepted(
    deployment: Deployment, tmp_path: Path
) -> None:
    async with deployment.web() as web, deployment.worker():
        for number, more in enumerate((["Expect:"], ["Expect: 100-continue"])):
            body = envelope(f"evt_{number}", query="x" * 100_000 * number)
            sent = tmp_path / "body.json"
            sent.write_bytes(body)
            headers = [f"{name}: {value}" for name, value in signed(body).items()]
            options = [part for header in [*headers, *more] for part in ("--header", header)]
            assert await curl(web, WEBHOOK, *options, "--data-binary", f"@{sent}") == 200
        await deployment.settled(["evt_0", "evt_1"])


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
async def test_every_endpoint_answers_curl_with_http2(deployment: Deployment) -> None:
    async with deployment.web() as web:
        assert {path: await curl(web, path) for path in ENDPOINTS} == ENDPOINTS


async def test_a_request_in_a_body_is_not_executed(deployment: Deployment) -> None:
    hidden = request(line=b"GET /metrics HTTP/1.1")
    async with deployment.web() as web:
        for path, status in {WEBHOOK: 401, "/slack/events": 401, "/healthz": 405}.items():
            outer = request(hidden, OFFER, line=b"POST %b HTTP/1.1" % path.encode())
            head = outer[: -len(hidden)].replace(b"Connection: close\r\n", b"")
            received = await exchange(web.port, head, hidden, LAST, separately=True)
            assert (received.statuses, received.closed) == ([status, 200], True), path
