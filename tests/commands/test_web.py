"""`web` refuses what it cannot start with, and sets up its logs in each process."""

import json
import socket
from pathlib import Path

import pytest
import structlog

from bot.commands.web import application
from tests.app import MakeSettings
from tests.commands.conftest import Cli


@pytest.fixture(autouse=True)
def set_up(make_settings: MakeSettings, clean_logging: None) -> None:
    make_settings()


@pytest.mark.parametrize("config", [None, {"version": 1, "incremental": True}])
async def test_a_port_that_is_taken_ends_with_one_line_that_says_so(
    cli: Cli, tmp_path: Path, config: dict[str, object] | None
) -> None:
    file = tmp_path / "logs.json"
    file.write_text(json.dumps(config))
    more = ["--log-config", str(file)] if config else []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = await cli("web", "--host", "127.0.0.1", "--port", port, *more)
    assert result.exit_code == 3
    assert result.output == (
        f"juicebox-bot: port {port} on 127.0.0.1 is taken: end what listens there, or choose another"
        " with PORT or --port\n"
    )


async def test_a_configuration_of_logs_that_is_not_there_is_refused(cli: Cli) -> None:
    result = await cli("web", "--log-config", "nowhere.yaml")
    assert result.exit_code == 2
    assert "uvicorn says: Invalid value for '--log-config'" in result.output


def test_each_process_configures_its_own_logs(
    make_settings: MakeSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    make_settings(LOG_FORMAT="json")
    assert application().routes
    structlog.get_logger().info("ready")
    assert json.loads(capsys.readouterr().out)["event"] == "ready"
