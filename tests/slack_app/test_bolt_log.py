"""Nothing that Slack sends is logged, at any level."""

import logging

import httpx
import pytest

from bot.slack_app.bolt_log import bolt_log
from tests.slack_app.traffic import signed, slash_command

CANARY = "canary-7f3a"


@pytest.fixture(autouse=True)
def _log_at_every_level(caplog: pytest.LogCaptureFixture) -> None:
    """Set the level before the app is created: Bolt reads it then."""
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize(
    "body",
    [
        slash_command(f"status {CANARY}"),
        slash_command(CANARY),
        slash_command(CANARY, team_id="T0ANOTHER"),
        slash_command(CANARY, command="/another"),
        slash_command(CANARY, user_name=CANARY, response_url=f"https://{CANARY}"),
        b'{"team_id": "T0JUICEBOX", "event": "' + CANARY.encode() + b'"}',
        b'{"' + CANARY.encode(),
    ],
)
@pytest.mark.parametrize("secret", ["slack-signing-secret", CANARY])
async def test_no_payload_is_logged(
    http: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    body: bytes,
    secret: str,
) -> None:
    await http.post("/slack/events", content=body, headers=signed(body, secret=secret))
    printed = capsys.readouterr()
    assert CANARY not in caplog.text + printed.out + printed.err


def test_an_error_is_logged_with_its_place_and_type(caplog: pytest.LogCaptureFixture) -> None:
    try:
        int(CANARY)
    except ValueError:
        bolt_log().exception("body: %s", CANARY)
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage().startswith("Bolt reports an error at test_bolt_log:")
    assert record.getMessage().endswith(": ValueError")
    assert CANARY not in caplog.text


def test_a_message_without_an_error_is_logged_with_its_place_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bolt_log().error("body: %s", CANARY)
    assert CANARY not in caplog.text
    assert caplog.records[0].getMessage().startswith("Bolt reports an error at test_bolt_log:")


def test_bolt_is_silent_below_errors(caplog: pytest.LogCaptureFixture) -> None:
    bolt_log().warning("body: %s", CANARY)
    assert caplog.records == []
