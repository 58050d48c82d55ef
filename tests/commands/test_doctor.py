"""`doctor` prints its findings, and exits with 1 after a failure."""

import asyncio
import sys

import pytest

from bot.commands.doctor import line, summary
from bot.fakes.redis_server import RedisServer
from bot.fakes.slack.api import LocalSlack
from bot.fakes.smtp import Inbox
from bot.model.finding import Finding, Severity
from tests.app import MakeSettings
from tests.commands.conftest import Cli, bare_environment
from tests.conftest import BASE_ENVIRONMENT


async def test_nothing_to_fix(
    cli: Cli, make_settings: MakeSettings, slack_api: LocalSlack, inbox: Inbox
) -> None:
    make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)
    result = await cli("doctor")
    assert result.exit_code == 0
    assert "✓ Redis eviction               noeviction\n" in result.output
    assert result.output.endswith("\nReady to run, 4 warnings.\n")


async def test_a_failure_exits_with_1(
    cli: Cli, make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    make_settings(SLACK_API_URL=slack_api.url)
    result = await cli("doctor")
    assert result.exit_code == 1
    assert (
        "✗ Mail server                  127.0.0.1:1: the connection is refused; " in result.output
    )
    assert result.output.endswith("\n1 problem to fix, 4 warnings.\n")


SET_IT = "set it in the environment; .github/CONFIGURATION.md lists all settings"


async def test_one_run_shows_everything_that_is_wrong(
    cli: Cli, make_settings: MakeSettings, slack_api: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each malformed or missing setting, and each connection whose settings are fine."""
    make_settings(SLACK_API_URL=slack_api.url, SLACK_CHANNEL="C0NOWHERE")
    monkeypatch.delenv("JUICEBOX_WEBHOOK_SECRET")
    monkeypatch.delenv("SLACK_SIGNING_SECRET")
    monkeypatch.setenv("SMTP_URL", "smtp://user:hunter2@")
    monkeypatch.setenv("QUOTA_ALERT_PERCENT", "abc")
    result = await cli("doctor")
    assert result.exit_code == 1
    shown = result.output.splitlines()
    assert f"✗ JUICEBOX_WEBHOOK_SECRET      is missing; {SET_IT}" in shown
    assert f"✗ SMTP_URL                     is malformed: it names no host; {SET_IT}" in shown
    assert (
        f"✗ QUOTA_ALERT_PERCENT          must be a number such as 80, got 'abc'; {SET_IT}" in shown
    )
    assert (
        "✗ SLACK_SIGNING_SECRET         is missing: Slack needs a token and a signing secret;"
        f" {SET_IT}" in shown
    )
    assert "✓ Redis eviction               noeviction" in shown
    assert "✓ SLACK_BOT_TOKEN              juicebox in Juicebox demo" in shown
    assert any(line.startswith("✗ SLACK_CHANNEL ") for line in shown)
    assert not any("Mail server" in line for line in shown)
    assert shown[-1].startswith("5 problems to fix, ")
    assert "hunter2" not in result.output
    for name in ("JUICEBOX_WEBHOOK_SECRET", "SLACK_SIGNING_SECRET", "SMTP_URL"):
        assert result.output.count(f" {name} ") == 1


async def test_a_mail_server_is_tried_without_a_sender(
    cli: Cli,
    make_settings: MakeSettings,
    slack_api: LocalSlack,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)
    monkeypatch.setenv("EMAIL_FROM", "nobody")
    result = await cli("doctor")
    assert "✗ EMAIL_FROM                   is malformed: must look like" in result.output
    assert f"✓ Mail server                  127.0.0.1:{inbox.port} answers" in result.output


async def test_a_redis_address_that_is_malformed_does_not_hide_the_rest(
    cli: Cli, make_settings: MakeSettings, slack_api: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_settings(SLACK_API_URL=slack_api.url)
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@127.0.0.1/0?decode_responses=True")
    result = await cli("doctor")
    assert "✗ REDIS_URL                    is malformed: its option 'decode_responses'" in (
        result.output
    )
    assert "✗ Mail server " in result.output
    assert "Redis eviction" not in result.output
    assert "hunter2" not in result.output


async def test_missing_destinations_are_named(
    cli: Cli, make_settings: MakeSettings, slack_api: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_settings(SLACK_API_URL=slack_api.url)
    monkeypatch.delenv("SLACK_CHANNEL")
    monkeypatch.delenv("EMAIL_TO")
    result = await cli("doctor")
    assert "✗ SLACK_CHANNEL or EMAIL_TO    is missing: nobody would be notified; " in result.output


async def test_a_bot_without_any_transport_is_named(
    cli: Cli, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_settings()
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SMTP_URL", "EMAIL_FROM"):
        monkeypatch.delenv(name)
    result = await cli("doctor")
    assert result.output.startswith(
        "✗ SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, or SMTP_URL and EMAIL_FROM are missing:"
        " nothing could be sent; "
    )


async def test_a_terminal_without_the_symbols_gets_words(redis_process: RedisServer) -> None:
    environment = {
        **bare_environment(),
        **BASE_ENVIRONMENT,
        "REDIS_URL": redis_process.url,
        "SLACK_API_URL": "http://127.0.0.1:1/",
        "PYTHONIOENCODING": "ascii",
    }
    doctor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await doctor.communicate()
    assert errors == b""
    assert doctor.returncode == 1
    assert b"ok   Redis eviction               noeviction\n" in output
    assert b"FAIL Mail server " in output
    assert b"\x1b" not in output


def test_terminals_without_the_symbols_get_words() -> None:
    finding = Finding(Severity.FAILURE, "Redis", "naïve", "fix\nit")
    assert line(finding, ascii_only=True) == "FAIL Redis                        na\\xefve; fix\\nit"


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        ([Severity.OK, Severity.NOTE], "Ready to run."),
        ([Severity.OK, Severity.WARNING], "Ready to run, 1 warning."),
        ([Severity.FAILURE], "1 problem to fix."),
        ([Severity.FAILURE] * 2 + [Severity.WARNING] * 2, "2 problems to fix, 2 warnings."),
    ],
)
def test_the_last_line_is_a_summary(marks: list[Severity], text: str) -> None:
    assert summary([Finding(severity, "x", "y") for severity in marks]) == text
