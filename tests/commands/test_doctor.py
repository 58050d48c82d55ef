"""`doctor` prints what it finds, and ends with 1 if something required fails."""

import asyncio
import sys

import pytest

from bot.demo.inbox import Inbox
from bot.demo.redis_server import RedisServer
from bot.demo.slack.api import LocalSlack
from bot.errors import SettingsError
from bot.operations.check_settings import broken
from tests.commands.conftest import Cli, bare_environment
from tests.conftest import BASE_ENVIRONMENT
from tests.running import MakeSettings


async def test_nothing_to_mend(
    cli: Cli, make_settings: MakeSettings, slack_api: LocalSlack, inbox: Inbox
) -> None:
    make_settings(SLACK_API_URL=slack_api.url, SMTP_URL=inbox.url)
    result = await cli("doctor")
    assert result.exit_code == 0
    assert "✓ Redis eviction               noeviction\n" in result.output
    assert result.output.endswith("\nReady to run, 4 warnings.\n")


async def test_what_is_required_and_fails_ends_with_1(
    cli: Cli, make_settings: MakeSettings, slack_api: LocalSlack
) -> None:
    make_settings(SLACK_API_URL=slack_api.url)
    result = await cli("doctor")
    assert result.exit_code == 1
    assert (
        "✗ Mail server                  127.0.0.1:1: the connection is refused; " in result.output
    )
    assert result.output.endswith("\n1 thing to mend, 4 warnings.\n")


async def test_each_broken_setting_gets_its_line(
    cli: Cli, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_settings()
    monkeypatch.delenv("JUICEBOX_WEBHOOK_SECRET")
    monkeypatch.setenv("SMTP_URL", "smtp://user:hunter2@")
    result = await cli("doctor")
    assert result.exit_code == 1
    assert result.output == (
        "✗ JUICEBOX_WEBHOOK_SECRET      is missing;"
        " set it in the environment; README lists them all\n"
        "✗ SMTP_URL                     is malformed: it names no host;"
        " set it in the environment; README lists them all\n"
        "\n2 things to mend."
        " Then run doctor again: connections are looked at once the settings are whole.\n"
    )


async def test_nobody_to_tell_is_named(
    cli: Cli, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_settings()
    monkeypatch.delenv("SLACK_CHANNEL")
    monkeypatch.delenv("EMAIL_TO")
    result = await cli("doctor")
    assert "✗ SLACK_CHANNEL or EMAIL_TO    is missing: nobody would be told; " in result.output


async def test_a_bot_without_any_channel_is_named(
    cli: Cli, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_settings()
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SMTP_URL", "EMAIL_FROM"):
        monkeypatch.delenv(name)
    result = await cli("doctor")
    assert result.output.startswith(
        "✗ SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET, or SMTP_URL and EMAIL_FROM are missing:"
        " neither Slack nor email is configured; "
    )


def test_a_fault_without_a_name_is_still_shown() -> None:
    (finding,) = broken(SettingsError("nothing fits"))
    assert (finding.subject, finding.text) == ("Settings", "nothing fits")


async def test_a_terminal_without_the_signs_gets_words(redis_process: RedisServer) -> None:
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
