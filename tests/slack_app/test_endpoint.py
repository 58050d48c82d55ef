"""`POST /slack/events` from outside: what it accepts, and that no input causes an error."""

import time
from collections.abc import AsyncIterator, Callable, Iterable

import httpx
import pytest

from bot.fakes.slack.api import LocalSlack
from tests.slack_app.traffic import SECRET, signed, slash_command, without

HELP = slash_command("help")


async def post(
    http: httpx.AsyncClient, body: bytes, headers: dict[str, str] | list[tuple[bytes, bytes]]
) -> httpx.Response:
    return await http.post("/slack/events", content=body, headers=headers)


def in_seconds(seconds: int) -> str:
    """Return the timestamp of that many seconds from now."""
    return str(int(time.time()) + seconds)


async def test_a_signed_command_is_answered_in_its_acknowledgement(
    http: httpx.AsyncClient,
) -> None:
    answer = await post(http, HELP, signed(HELP))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    message = answer.json()
    assert message.keys() == {"response_type", "text", "blocks"}
    assert message["response_type"] == "ephemeral"


async def test_a_request_four_minutes_old_is_answered(http: httpx.AsyncClient) -> None:
    answer = await post(http, HELP, signed(HELP, timestamp=in_seconds(-240)))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(lambda: signed(HELP, secret="another-secret"), id="another secret"),
        pytest.param(lambda: signed(b"text=status"), id="signature of another body"),
        pytest.param(lambda: signed(HELP, timestamp=in_seconds(-360)), id="six minutes old"),
        pytest.param(lambda: signed(HELP, timestamp=in_seconds(360)), id="six minutes ahead"),
        pytest.param(lambda: without(signed(HELP), "X-Slack-Signature"), id="no signature"),
        pytest.param(lambda: without(signed(HELP), "X-Slack-Request-Timestamp"), id="no timestamp"),
        pytest.param(lambda: signed(HELP) | {"X-Slack-Signature": ""}, id="empty signature"),
        pytest.param(
            lambda: signed(HELP) | {"X-Slack-Signature": "v0=" + "0" * 64}, id="invented signature"
        ),
        pytest.param(
            lambda: signed(HELP) | {"X-Slack-Signature": "v1=" + "0" * 64}, id="another version"
        ),
        pytest.param(
            lambda: signed(HELP) | {"X-Slack-Signature": "v0=" + "ü" * 64}, id="not ASCII"
        ),
        pytest.param(lambda: signed(HELP, timestamp="now"), id="a word for a timestamp"),
        pytest.param(lambda: signed(HELP, timestamp="-1"), id="a negative timestamp"),
        pytest.param(lambda: signed(HELP, timestamp="1e9"), id="a float for a timestamp"),
        pytest.param(lambda: signed(HELP, timestamp="9" * 5000), id="a timestamp of 5,000 digits"),
        pytest.param(
            lambda: signed(HELP) | {"X-Slack-Request-Timestamp": "¹²³"}, id="superscript digits"
        ),
    ],
)
async def test_a_request_without_a_valid_signature_is_refused(
    http: httpx.AsyncClient, slack_api: LocalSlack, sent: Callable[[], dict[str, str]]
) -> None:
    """It is signed when the test runs, so that it is never refused for its age alone."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent().items()]
    answer = await post(http, HELP, raw)
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid signature"})
    assert slack_api.calls() == []


@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_repeated_header_is_refused(http: httpx.AsyncClient, name: str) -> None:
    headers = signed(HELP)
    raw = [(key.encode(), value.encode()) for key, value in headers.items()]
    answer = await post(http, HELP, [*raw, (name.encode(), headers[name].encode())])
    assert answer.status_code == 401


async def test_a_body_that_is_not_utf8_is_refused(http: httpx.AsyncClient) -> None:
    body = b"command=%2Fjuicebox&text=\xff\xfe"
    assert (await post(http, body, signed(body))).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{" * 100_000,
        b'{"a":' * 20_000,
        b"payload=%7B",
        b"payload=[]",
        b'{"authorizations": 5}',
        b'{"authorizations": {"a": 1}}',
        b'{"team": 5}',
        b'{"n": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: body[:24].decode(),
)
@pytest.mark.parametrize(("secret", "status"), [(SECRET, 400), ("guessed", 401)])
async def test_a_body_that_slack_would_not_send_is_refused(
    http: httpx.AsyncClient, body: bytes, secret: str, status: int
) -> None:
    answer = await post(http, body, signed(body, secret=secret))
    assert answer.status_code == status


async def chunks(body: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in body:
        yield chunk


async def test_a_body_over_256_kib_is_refused(http: httpx.AsyncClient) -> None:
    body = slash_command("x" * 256 * 1024)
    assert (await post(http, body, signed(body))).status_code == 413
    unannounced = await http.post("/slack/events", content=chunks([body]), headers=signed(body))
    assert unannounced.status_code == 413


async def test_a_certificate_check_is_answered_with_or_without_a_signature(
    http: httpx.AsyncClient,
) -> None:
    body = b"ssl_check=1&token=gIkuvaNzQIHg97ATvDxqgjtO"
    for headers in ({}, signed(body)):
        answer = await post(http, body, headers)
        assert (answer.status_code, answer.content) == (200, b"")


async def test_an_unsigned_command_cannot_pass_as_a_certificate_check(
    http: httpx.AsyncClient,
) -> None:
    body = slash_command("help", ssl_check="1")
    unsigned = await http.post("/slack/events", content=body)
    assert (unsigned.status_code, unsigned.content) == (200, b"")
    assert (await post(http, body, signed(body, secret="guessed"))).status_code == 401


async def test_the_url_verification_is_answered(http: httpx.AsyncClient) -> None:
    body = b'{"token": "t", "challenge": "3eZbrw1a", "type": "url_verification"}'
    answer = await post(http, body, signed(body) | {"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1a"})


async def test_an_unknown_slash_command_is_not_found(http: httpx.AsyncClient) -> None:
    body = slash_command(command="/another")
    assert (await post(http, body, signed(body))).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "event_callback", "team_id": "T0JUICEBOX", "event": 5}',
        b'{"type": "view_submission", "team": {"id": "T0JUICEBOX"}}',
    ],
)
async def test_a_signed_malformed_request_is_refused_without_an_error(
    http: httpx.AsyncClient, body: bytes
) -> None:
    headers = signed(body) | {"Content-Type": "application/json"}
    answer = await http.post("/slack/events", content=body, headers=headers)
    assert answer.status_code in {400, 404}
