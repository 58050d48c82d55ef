"""`demo` says what to install where its packages are missing."""

import sys

import pytest

from tests.commands.conftest import Cli


async def test_without_the_development_requirements_it_says_so(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("bot.fakes.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "aiosmtpd", None)
    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)
    result = await cli("demo", "--once")
    assert result.exit_code == 2
    assert result.output == (
        "juicebox-bot: the demo needs aiosmtpd.smtp, which requirements-dev.txt installs\n"
    )


async def test_a_demo_without_a_page_takes_no_port(cli: Cli) -> None:
    result = await cli("demo", "--once", "--port", "8700")
    assert result.exit_code == 2
    assert "--once has no page, so it takes no --port" in result.output
