"""Generated requests to all HTTP endpoints: each response is one that the contract describes."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.intake.signature import sign
from tests.app import SECRET
from tests.faults.deployment import Deployment, Web
from tests.slack_app import traffic

CONTRACT = schemathesis.openapi.from_path(Path(__file__).with_name("http.openapi.yaml"))
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

Signer = Callable[[requests.PreparedRequest], requests.PreparedRequest]


def unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign the request with the real secrets, so that it reaches the parsers."""
    body = request.body or b""
    raw = body.encode() if isinstance(body, str) else body
    content_type = request.headers.get("Content-Type")
    request.headers.update(traffic.signed(raw, timestamp=str(int(time.time()))))
    request.headers["X-Juicebox-Signature"] = sign(raw, SECRET)
    if content_type:
        request.headers["Content-Type"] = content_type
    return request


def send_generated(operation: APIOperation, web: Web, signer: Signer, examples: int) -> None:
    """Send requests that fit the contract, and for POST also requests that violate it."""
    for mode in GenerationMode if operation.method == "post" else [GenerationMode.POSITIVE]:

        @settings(max_examples=examples, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy(generation_mode=mode))
        def each(case: schemathesis.Case) -> None:
            url = f"http://127.0.0.1:{web.port}"
            case.call_and_validate(base_url=url, session=session, auth=signer, checks=CHECKS)

        with requests.Session() as session:
            each()


async def send_all(deployment: Deployment, signer: Signer, examples: int) -> None:
    operations = [result.ok() for result in CONTRACT.get_all_operations()]
    assert len(operations) == 7
    async with deployment.web() as web:
        for operation in operations:
            await asyncio.to_thread(send_generated, operation, web, signer, examples)
        assert "Exception in ASGI application" not in web.log()
        assert (await web.client.get("/healthz")).status_code == 200


async def test_unsigned_requests_get_responses_of_the_contract(
    deployment: Deployment, whole: bool
) -> None:
    await send_all(deployment, unsigned, 200 if whole else 10)


async def test_signed_requests_get_responses_of_the_contract(
    deployment: Deployment, whole: bool
) -> None:
    await send_all(deployment, signed, 200 if whole else 15)
