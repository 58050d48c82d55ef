"""Each command reads only the settings that it uses, and all refuse the same REDIS_URLs."""

import sys
from pathlib import Path

import pytest

from bot.fakes.redis_server import free_port
from bot.store import Store
from tests.app import MakeSettings
from tests.commands.conftest import Cli, bare_environment
from tests.conftest import BASE_ENVIRONMENT
from tests.processes import running

NOTHING: dict[str, str | None] = dict.fromkeys(BASE_ENVIRONMENT)
ON_REDIS = [
    "events",
    "events evt_1",
    "record quota latest",
    "forget prof_1",
    "retry --all",
    "subscriptions",
]


@pytest.fixture
def redis_alone(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """REDIS_URL, and no other setting."""
    make_settings()
    for name in NOTHING:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("command", ON_REDIS)
async def test_a_command_on_redis_reads_only_its_settings(
    cli: Cli, store: Store, redis_alone: None, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("PORT", "not read")
    monkeypatch.setenv("LOG_LEVEL", "not read")
    result = await cli(*command.split())
    assert result.exit_code in {0, 1}
    assert "missing" not in result.output
    assert "must be" not in result.output


async def test_malformed_settings_of_redis_are_named(
    cli: Cli, redis_alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "long")
    monkeypatch.setenv("REDIS_SSL_CERT_REQS", "maybe")
    result = await cli("events")
    assert result.exit_code == 2
    assert result.output == (
        "juicebox-bot: REDIS_SSL_CERT_REQS must be required or none, got 'maybe';"
        " RETENTION_DAYS must be a whole number such as 30, got 'long'\n"
    )


async def test_webhook_create_reads_only_juiceboxs_settings(
    cli: Cli, redis_alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUICEBOX_WEBHOOK_SECRET", "whsec_1")
    monkeypatch.setenv("JUICEBOX_API_KEY", "key")
    monkeypatch.setenv("JUICEBOX_API_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("REDIS_URL", "not read")
    result = await cli("webhook", "create", "https://bot.example.com/webhooks/juicebox")
    assert "the connection is refused" in result.output


async def test_send_reads_only_the_secret(
    cli: Cli, redis_alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "not read")
    url = f"http://127.0.0.1:{free_port()}/webhooks/juicebox"
    result = await cli("send", "search.completed", "--url", url, "--secret", "whsec_1")
    assert "the connection is refused" in result.output


@pytest.mark.parametrize("option", ["decode_responses=True", "family=6", "nonsense=1"])
@pytest.mark.parametrize("command", ["web", "worker", "all", *ON_REDIS])
async def test_every_command_refuses_an_option_that_would_break_it(
    cli: Cli,
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    option: str,
) -> None:
    url = make_settings().redis_url.get_secret_value()
    monkeypatch.setenv("REDIS_URL", f"{url}?{option}")
    result = await cli(*command.split())
    assert result.exit_code == 2
    expected = f"juicebox-bot: REDIS_URL is malformed: its option '{option.partition('=')[0]}' "
    assert result.output.startswith(expected)
    assert len(result.output.splitlines()) == 1


async def test_the_help_shows_how_the_program_was_started(tmp_path: Path) -> None:
    """As a module, and as the script that an installation makes of pyproject's entry."""
    script = tmp_path / "juicebox-bot"
    script.write_text("import sys\nfrom bot.__main__ import main\nsys.exit(main())\n")
    environment = {**bare_environment(), "PYTHONPATH": "."}
    for command, name in {
        ("-m", "bot"): "python -m bot",
        (str(script),): "juicebox-bot",
    }.items():
        async with running([sys.executable, *command, "events", "--help"], environment) as shown:
            output, _ = await shown.communicate()
        assert output.decode().startswith(f"Usage: {name} events [OPTIONS] [ID]\n")
        async with running([sys.executable, *command, "web"], environment) as refused:
            output, _ = await refused.communicate()
        assert output.decode().startswith(f"{name}: JUICEBOX_WEBHOOK_SECRET is missing; ")
